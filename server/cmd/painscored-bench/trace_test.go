package main

import (
	"strings"
	"testing"
)

// The lines are strace's own, shortened.
const (
	logWrite  = `11 pwrite64(9</d/painscore.db-wal>, "\0\1 id-1 \2", 4096, 32) = 4096`
	logFlush  = `11 fdatasync(9</d/painscore.db-wal>)   = 0`
	reply     = `12 write(15<socket:[77]>, "\0\0 id-1 x", 80) = 80`
	otherSync = `11 fdatasync(8</d/painscore.db>) = 0`
)

func TestADurableFormIsWrittenFlushedAndThenAnswered(t *testing.T) {
	for name, c := range map[string]struct {
		lines string
		want  durability
	}{
		"in order":                     {logWrite + "\n" + logFlush + "\n" + reply, durable},
		"with fsync":                   {logWrite + "\n" + strings.Replace(logFlush, "fdatasync", "fsync", 1) + "\n" + reply, durable},
		"nothing flushed":              {logWrite + "\n" + reply, neverFlushed},
		"flushed after the reply":      {logWrite + "\n" + reply + "\n" + logFlush, neverFlushed},
		"flushed before it is written": {logFlush + "\n" + logWrite + "\n" + reply, neverFlushed},
		"another file flushed":         {logWrite + "\n" + otherSync + "\n" + reply, neverFlushed},
		"the flush failed":             {logWrite + "\n" + `11 fdatasync(9</d/painscore.db-wal>) = -1 EIO (Input/output error)` + "\n" + reply, neverFlushed},
		"the second flush succeeded":   {logWrite + "\n" + `11 fdatasync(9</d/painscore.db-wal>) = -1 EIO (Input/output error)` + "\n" + logFlush + "\n" + reply, durable},
		"written after the reply":      {reply + "\n" + logWrite + "\n" + logFlush, neverWritten},
		"another form's row":           {strings.Replace(logWrite, "id-1", "id-2", 1) + "\n" + logFlush + "\n" + reply, neverWritten},
		"no reply":                     {logWrite + "\n" + logFlush, neverReplied},
		"interrupted, in order": {`11 pwrite64(9</d/painscore.db-wal>, "\0\1 id-1 \2", 4096, 32 <unfinished ...>
12 write(15<socket:[77]>, "other", 5) = 5
11 <... pwrite64 resumed>)      = 4096
11 fdatasync(9</d/painscore.db-wal> <unfinished ...>
12 write(15<socket:[77]>, "other", 5) = 5
11 <... fdatasync resumed>)             = 0
` + reply, durable},
		"answered while the flush runs": {logWrite + `
11 fdatasync(9</d/painscore.db-wal> <unfinished ...>
` + reply + `
11 <... fdatasync resumed>)             = 0`, neverFlushed},
		"flush begun while it is written": {`11 pwrite64(9</d/painscore.db-wal>, "\0\1 id-1 \2", 4096, 32 <unfinished ...>
13 fdatasync(9</d/painscore.db-wal> <unfinished ...>
11 <... pwrite64 resumed>)      = 4096
13 <... fdatasync resumed>)             = 0
` + reply, neverFlushed},
	} {
		trace, err := parseTrace(strings.NewReader(c.lines + "\n12 --- SIGURG {} ---\n11 +++ exited with 0 +++\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got := sqlitePromise.judge(trace, "id-1"); got != c.want {
			t.Errorf("%s: %s, want: %s", name, got, c.want)
		}
	}
}

func TestFlushesOfTheLogAreCounted(t *testing.T) {
	trace, err := parseTrace(strings.NewReader(logFlush + "\n" + otherSync + "\n" + logWrite + "\n" + logFlush + "\n11 fsync(9</d/painscore.db-wal>) = -1 EIO (Input/output error)\n"))
	if err != nil || sqlitePromise.flushes(trace) != 2 {
		t.Errorf("%d flushes, %v", sqlitePromise.flushes(trace), err)
	}
}

// TestOnlyWhatLeavesForACallerIsAReply has the lines that PostgreSQL adds: the
// form goes to it, and is told back, before anything is durable.
func TestOnlyWhatLeavesForACallerIsAReply(t *testing.T) {
	const (
		asked = `12 write(7<UNIX-STREAM:[10->11]>, "insert id-1", 80) = 80` + "\n"
		told  = `20 sendto(9<UNIX-STREAM:[11->10]>, "id-1", 80, 0, NULL, 0) = 80` + "\n"
		other = `12 write(8<TCP:[127.0.0.1:99->127.0.0.1:5432]>, "id-1", 80) = 80` + "\n"
		wal   = `20 pwrite64(5</d/pg_wal/000000010000000000000001>, "id-1", 8192, 0) = 8192` + "\n"
		sync  = `20 fdatasync(5</d/pg_wal/000000010000000000000001>) = 0` + "\n"
		next  = `20 fdatasync(6</d/pg_wal/000000010000000000000002>) = 0` + "\n"
		reply = `12 write(15<TCP:[127.0.0.1:7->127.0.0.1:8]>, "id-1", 80) = 80` + "\n"
	)
	for name, c := range map[string]struct {
		lines string
		want  durability
	}{
		"in order":             {asked + told + other + wal + sync + reply, durable},
		"not flushed":          {asked + wal + told + reply + sync, neverFlushed},
		"another file flushed": {asked + wal + next + told + reply, neverFlushed},
		"not answered":         {asked + wal + sync + told + other, neverReplied},
	} {
		trace, err := parseTrace(strings.NewReader(c.lines))
		if err != nil {
			t.Fatal(err)
		}
		if got := postgresPromise("127.0.0.1:7").judge(trace, "id-1"); got != c.want {
			t.Errorf("%s: %s, want: %s", name, got, c.want)
		}
	}
}

func TestEachReplyComesAfterItsFlush(t *testing.T) {
	for _, engine := range []string{sqliteEngine, postgresEngine} {
		t.Run(engine, func(t *testing.T) { holdOn(t, engine, fsyncFault, 5, "forms "+string(durable)) })
	}
}

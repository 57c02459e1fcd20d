package main

import (
	"bufio"
	"io"
	"strings"
)

// traced is one call in a trace of strace -f -y.
type traced struct {
	name string
	text string // its arguments and result as strace prints them
	// begun and ended are line numbers of the trace: strace writes one line
	// after the other, so that they tell the order in time.
	begun, ended int
}

// succeeded says that the call returned without an error. strace fills the
// space before the result to a column.
func (s traced) succeeded() bool {
	at := strings.LastIndex(s.text, " = ")
	return at >= 0 && !strings.HasPrefix(s.text[at+3:], "-") && !strings.HasPrefix(s.text[at+3:], "?")
}

// path is what strace -y names the first argument, a descriptor, with: a file's
// path, or what kind of socket it is. It is empty for other calls.
func (s traced) path() string {
	begin := strings.Index(s.text, "<")
	if begin < 0 {
		return ""
	}
	// The two ends of a connection are told as here->there.
	rest := strings.ReplaceAll(s.text[begin+1:], "->", "--")
	end := strings.Index(rest, ">")
	return s.text[begin+1 : begin+1+max(end, 0)]
}

// promise says which descriptors a trace is judged by.
type promise struct {
	log   func(path string) bool // of the engine's log
	reply func(path string) bool // of a connection to a caller
}

// sqlitePromise is for painscored alone, whose only sockets are its callers'.
var sqlitePromise = promise{
	log:   func(path string) bool { return strings.HasSuffix(path, "-wal") },
	reply: func(path string) bool { return strings.HasPrefix(path, "socket:") || strings.HasPrefix(path, "TCP") },
}

// postgresPromise is for painscored and PostgreSQL in one trace of strace -yy:
// only what leaves by painscored's own address is a reply. What the two tell
// each other names the form, too.
func postgresPromise(address string) promise {
	return promise{
		log:   func(path string) bool { return strings.Contains(path, "/pg_wal/") },
		reply: func(path string) bool { return strings.HasPrefix(path, "TCP:["+address+"->") },
	}
}

// parseTrace reads the output of strace -f -o: a thread's number, then a call;
// one that another thread's line interrupts is printed in two halves. Lines
// about signals and ends of threads are left out.
func parseTrace(r io.Reader) ([]traced, error) {
	var all []traced
	halves := map[string]int{} // by thread, index in all
	reader := bufio.NewReaderSize(r, 1<<20)
	for line := 1; ; line++ {
		text, err := reader.ReadString('\n')
		thread, call, found := strings.Cut(strings.TrimSpace(text), " ")
		call = strings.TrimSpace(call)
		switch {
		case !found || strings.HasPrefix(call, "+++") || strings.HasPrefix(call, "---"):
		case strings.HasPrefix(call, "<... "):
			_, rest, _ := strings.Cut(call, "resumed>")
			if i, ok := halves[thread]; ok {
				all[i].text += rest
				all[i].ended = line
				delete(halves, thread)
			}
		default:
			first, interrupted := strings.CutSuffix(call, " <unfinished ...>")
			name, arguments, ok := strings.Cut(first, "(")
			if !ok {
				break
			}
			if interrupted {
				halves[thread] = len(all)
			}
			all = append(all, traced{name: name, text: arguments, begun: line, ended: line})
		}
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// durability is what a trace tells about one acknowledged form.
type durability string

const (
	durable      durability = "written to the log and flushed before its reply"
	neverWritten durability = "not found in what was written to the log before its reply"
	neverFlushed durability = "no flush of the log ended between its being written and its reply"
	neverReplied durability = "no reply that names it was found in the trace"
)

// judge looks for a form's id: in a write to the log, then a flush of the same
// file that began after it and succeeded, then a write to a caller that began
// after that. Any reply before is a lost promise.
func (p promise) judge(trace []traced, id string) durability {
	written, flushed := 0, 0 // line at which it ended
	replied, log := 0, ""
	for _, call := range trace {
		path := call.path()
		switch {
		case isWrite(call.name) && p.log(path) && call.succeeded() && written == 0 && strings.Contains(call.text, id):
			written, log = call.ended, path
		case isFlush(call.name) && path == log && call.succeeded() && written > 0 && call.begun > written && flushed == 0:
			flushed = call.ended
		case isWrite(call.name) && p.reply(path) && replied == 0 && strings.Contains(call.text, id):
			replied = call.begun
		}
	}
	switch {
	case replied == 0:
		return neverReplied
	case written == 0 || written > replied:
		return neverWritten
	case flushed == 0 || flushed > replied:
		return neverFlushed
	}
	return durable
}

func isFlush(name string) bool { return name == "fsync" || name == "fdatasync" }

func isWrite(name string) bool {
	switch name {
	case "write", "writev", "pwrite64", "pwritev", "sendto", "sendmsg":
		return true
	}
	return false
}

// flushes counts the successful flushes of the log.
func (p promise) flushes(trace []traced) int {
	n := 0
	for _, call := range trace {
		if isFlush(call.name) && p.log(call.path()) && call.succeeded() {
			n++
		}
	}
	return n
}

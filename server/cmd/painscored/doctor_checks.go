package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/painscore/painscore/server/erasures"
	"github.com/painscore/painscore/server/store/sqlite"
)

// From when on doctor warns.
const (
	oldBackup    = 26 * time.Hour      // a nightly one, and two hours for a slow night
	oldCopy      = 30 * 24 * time.Hour // from before a migration: by then the newer program has proved itself
	largeLog     = 64 << 20            // bytes; a server folds its log at about 4 MB unless a reader stays open
	leastRoom    = 256 << 20           // bytes: some hundred thousand forms
	clockMayGoBy = 5 * time.Minute
)

// checkPermissions looks whether another user can read what patients answered.
func checkPermissions(cfg config) finding {
	var open []string
	look := func(name string) {
		if info, err := os.Stat(name); err == nil && info.Mode().Perm()&0o077 != 0 {
			open = append(open, fmt.Sprintf("%s (mode %04o)", name, info.Mode().Perm()))
		}
	}
	look(cfg.Data)
	names, _ := filepath.Glob(filepath.Join(cfg.Data, "*")) // a folder that cannot be listed is found elsewhere
	for _, name := range append(names, cfg.ErasureJournal) {
		look(name)
	}
	if len(open) > 0 {
		return finding{"permissions", fail, "other users can use " + strings.Join(open, ", "), "chmod 700 the folder and 600 the files, and consider whether somebody has read them"}
	}
	return finding{"permissions", ok, "only this user can use the files", ""}
}

func checkServer(path string) finding {
	running, number, err := sqlite.Running(path)
	switch {
	case err != nil:
		return finding{"server", warn, err.Error(), "run doctor as the user who runs painscored"}
	case running:
		return finding{"server", ok, "a server has the store open (process " + number + ")", ""}
	}
	return finding{"server", ok, "no server has the store open", ""}
}

func checkSchema(e sqlite.Examination) finding {
	switch {
	case e.SchemaVersion > e.NewestSchema:
		return finding{"schema", fail, fmt.Sprintf("the database has schema %d, this program knows %d", e.SchemaVersion, e.NewestSchema), "install the painscore that wrote it, or a newer one"}
	case e.SchemaVersion < e.NewestSchema:
		return finding{"schema", ok, fmt.Sprintf("the database has schema %d: the next start brings it to %d and keeps a copy from before", e.SchemaVersion, e.NewestSchema), ""}
	}
	return finding{"schema", ok, fmt.Sprintf("schema %d, %d episodes, %d forms in all versions", e.SchemaVersion, e.Rows["episode"], e.Rows["submission_version"]), ""}
}

func checkStructure(e sqlite.Examination, thorough bool) finding {
	switch {
	case !thorough:
		return finding{"structure", ok, "not looked at (--quick)", ""}
	case len(e.Faults) > 0:
		return finding{"structure", fail, strings.Join(e.Faults, "; "), "stop painscored, keep the files as they are, restore a backup, and look for a failing disk"}
	}
	return finding{"structure", ok, "every page and every reference holds", ""}
}

// checkErasures looks whether the journal knows of the last erasure.
func checkErasures(cfg config, newest string) finding {
	name := cfg.ErasureJournal
	if _, err := os.Stat(name); err != nil {
		if newest == "" && errors.Is(err, fs.ErrNotExist) {
			return finding{"erasures", ok, "nobody was erased, and there is no journal yet", ""}
		}
		return finding{"erasures", fail, "the journal of erasures: " + err.Error(), "put it back: without it a restored backup brings back who was erased"}
	}
	journal, err := erasures.Open(name)
	if err != nil {
		return finding{"erasures", fail, err.Error(), "put back the last copy of it that fits"}
	}
	if holds, err := journal.Holds(newest); err != nil || !holds && newest != "" {
		return finding{"erasures", fail, "the journal of erasures lacks the last erasure of the database", "put the right journal at " + name + ": without it a restored backup brings back who was erased"}
	}
	n, err := journal.Len()
	if err != nil {
		return finding{"erasures", fail, err.Error(), ""}
	}
	return finding{"erasures", ok, fmt.Sprintf("the journal holds %d, the last one of the database among them", n), ""}
}

// What to do about a purge that waits, with each engine.
const (
	purgeSQLite   = "run painscored: it tries every minute; a program that keeps the database open for reading holds it up"
	purgePostgres = "run painscored: it tries every minute; if it stays so, PostgreSQL skips VACUUM because painscored does not serve as the owner of the tables: start it once as that role"
)

func checkPurge(pending int64, do string) finding {
	if pending > 0 {
		return finding{"purge", warn, fmt.Sprintf("what %d erasures left may still be in the database's files", pending), do}
	}
	return finding{"purge", ok, "nothing is left of what was erased in the database's files", ""}
}

// checkClock compares the clock with what was written by it before.
func checkClock(newestRecord, now time.Time) finding {
	if ahead := newestRecord.Sub(now); ahead > clockMayGoBy {
		return finding{"clock", fail, fmt.Sprintf("a form was written down %s from now: the clock was or is wrong", ahead.Round(time.Minute)), "set the clock by NTP; dates of forms are judged by it"}
	}
	if clockUnsynchronised() {
		return finding{"clock", warn, "the clock is not kept by NTP, says the kernel: " + now.Format(time.RFC3339), "start a time service; dates of forms are judged by the clock"}
	}
	return finding{"clock", ok, now.Format(time.RFC3339) + ", no form is from the future", ""}
}

func checkLog(path string) finding {
	info, err := os.Stat(path + "-wal")
	if err == nil && info.Size() > largeLog {
		return finding{"log", warn, "the write-ahead log has " + inUnits(info.Size()), "look for a program that keeps the database open for reading; restart painscored"}
	}
	return finding{"log", ok, "the write-ahead log is small", ""}
}

func checkRoom(path string) finding {
	free, err := sqlite.FreeSpace(filepath.Dir(path))
	if err != nil {
		return finding{"room", warn, err.Error(), ""}
	}
	var size int64
	if info, err := os.Stat(path); err == nil {
		size = info.Size()
	}
	found := fmt.Sprintf("%s free, the database has %s", inUnits(free), inUnits(size))
	switch {
	case free < leastRoom:
		return finding{"room", fail, found, "make room: soon nothing can be stored"}
	case free < size+size/20+leastRoom:
		return finding{"room", warn, found, "make room: an upgrade needs space for a copy of the database"}
	}
	return finding{"room", ok, found, ""}
}

func checkLastBackup(cfg config, now time.Time) finding {
	const do = "every night: painscored backup --to FILE"
	last, err := readFact(cfg.Data, lastBackupFile)
	switch {
	case cfg.Demo:
		return finding{"backup", ok, "a demo needs none", ""}
	case errors.Is(err, fs.ErrNotExist):
		return finding{"backup", warn, "no backup was ever made with painscored backup", do}
	case err != nil:
		return finding{"backup", warn, err.Error(), do}
	case now.Sub(last.At) > oldBackup:
		return finding{"backup", warn, fmt.Sprintf("the last one is %d hours old", int(now.Sub(last.At).Hours())), do}
	}
	return finding{"backup", ok, "the last one is from " + last.At.Format(time.RFC3339), ""}
}

// checkCopies lists what holds people who may have been erased since.
func checkCopies(path string, now time.Time) finding {
	copies, err := sqlite.Copies(path)
	if err != nil {
		return finding{"copies", warn, err.Error(), ""}
	}
	if len(copies) == 0 {
		return finding{"copies", ok, "no older copy lies beside the database", ""}
	}
	var told []string
	worst := ok
	for _, c := range copies {
		told = append(told, fmt.Sprintf("%s (%s, %s, %s)", c.Path, c.Kind, c.MadeAt.Format(time.DateOnly), inUnits(c.Bytes)))
		if c.Kind != sqlite.BeforeMigration || now.Sub(c.MadeAt) > oldCopy {
			worst = warn
		}
	}
	f := finding{"copies", worst, strings.Join(told, ", "), ""}
	if worst != ok {
		f.do = "delete them when they are not needed: erasures do not reach them, so somebody who was erased may still be in them"
	}
	return f
}

// inUnits writes bytes as MB (of 1,048,576 bytes), or below 10 MB as kB (of
// 1,024), rounded up: what takes any room does not read as 0.
func inUnits(bytes int64) string {
	if bytes < 10<<20 {
		return fmt.Sprintf("%d kB", (bytes+1<<10-1)>>10)
	}
	return fmt.Sprintf("%d MB", bytes>>20)
}

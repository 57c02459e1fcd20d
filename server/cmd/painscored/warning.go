package main

import (
	"context"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"
)

const (
	// warnEvery is how often a running server looks at what becomes dangerous
	// merely by time.
	warnEvery = 24 * time.Hour
	// longWithoutBackup is when the log begins to speak of it. Doctor, which
	// somebody asks on purpose, does so after a missed night.
	longWithoutBackup = 7 * 24 * time.Hour
)

// startWarning looks at once and then daily, and returns what stops it.
func startWarning(ctx context.Context, cfg config, log *slog.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(warnEvery)
		defer tick.Stop()
		for {
			warnOfTime(cfg, time.Now(), log)
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	}()
	return func() { cancel(); <-done }
}

// warnOfTime logs certificates that end soon and backups that are old.
func warnOfTime(cfg config, now time.Time, log *slog.Logger) {
	if f := checkCertificates(cfg, now); f.level != ok {
		log.Warn("a certificate wants attention", "found", f.found, "do", f.do)
	}
	if cfg.Demo || cfg.Store != "" { // nothing to lose, or looked after elsewhere
		return
	}
	if at := lastCopied(cfg); !at.IsZero() && now.Sub(at) > longWithoutBackup {
		log.Warn("the store has had no backup for more than a week", "days", int(now.Sub(at).Hours()/24), "do", "every night: painscored backup --to FILE")
	}
}

// lastCopied is when the last backup was made, else when the store was begun, as
// far as its oldest file tells. Zero if neither can be told; doctor says why.
func lastCopied(cfg config) time.Time {
	if last, err := readFact(cfg.Data, lastBackupFile); err == nil {
		return last.At
	}
	var oldest time.Time
	names, _ := filepath.Glob(filepath.Join(cfg.Data, "*")) // a folder that cannot be listed is found elsewhere
	for _, name := range names {
		info, err := os.Stat(name)
		if err == nil && info.Mode()&fs.ModeType == 0 && (oldest.IsZero() || info.ModTime().Before(oldest)) {
			oldest = info.ModTime()
		}
	}
	return oldest
}

package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// machine is what a figure depends on besides the code.
type machine struct {
	Cores         int           `json:"cores"`
	System        string        `json:"system"`
	Go            string        `json:"go"`
	Engine        string        `json:"engine"`   // with its version
	Medium        string        `json:"medium"`   // type of the file system
	Fsync         time.Duration `json:"fsync_ns"` // median of a 4 KiB append and its flush
	InterferedBy  string        `json:"load_average,omitempty"`
	ClientSharing string        `json:"client"`
}

// look describes the machine and the medium under folder. It refuses a file
// system in memory, on which a flush costs nothing and means nothing.
func look(folder string) (machine, error) {
	m := machine{Cores: runtime.NumCPU(), System: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version(),
		ClientSharing: "load generator, server and baselines share the cores"}
	m.Medium = fileSystem(folder)
	if m.Medium == "tmpfs" || m.Medium == "ramfs" {
		return m, fmt.Errorf("%s lies on a %s, where durability costs nothing: name a folder on a disk with --dir", folder, m.Medium)
	}
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.InterferedBy = strings.Join(strings.Fields(string(text))[:3], " ")
	}
	var err error
	m.Fsync, err = flushTime(folder)
	return m, err
}

// look describes the machine, the engine in use, and the medium that it keeps
// its data on.
func (p *place) look(ctx context.Context) (machine, error) {
	if p.engine == postgresEngine {
		version, folder, err := p.postgresVersion(ctx)
		if err != nil {
			return machine{}, err
		}
		m, err := look(folder)
		m.Engine = "PostgreSQL " + version
		return m, err
	}
	m, err := look(p.dir)
	if err != nil {
		return m, err
	}
	version, err := sqliteVersion()
	m.Engine = "SQLite " + version
	return m, err
}

func sqliteVersion() (version string, err error) {
	db, err := sql.Open("sqlite3", ":memory:")
	if err != nil {
		return "", err
	}
	defer db.Close()
	err = db.QueryRow("SELECT sqlite_version()").Scan(&version)
	return version, err
}

func (m machine) String() string {
	text := fmt.Sprintf("%d cores (%s), %s, %s, %s where a 4 KiB append and its flush take %v; %s",
		m.Cores, m.System, m.Go, m.Engine, m.Medium, m.Fsync.Round(time.Microsecond), m.ClientSharing)
	if m.InterferedBy != "" {
		text += "; load average at the start " + m.InterferedBy
	}
	return text
}

// fileSystem is the type of the file system that holds a folder, "unknown"
// where the system has no /proc/self/mounts.
func fileSystem(folder string) string {
	mounts, err := os.ReadFile("/proc/self/mounts")
	path, absErr := filepath.Abs(folder)
	if err != nil || absErr != nil {
		return "unknown"
	}
	return mountOf(string(mounts), path)
}

// mountOf finds, in the lines of /proc/self/mounts, the deepest mount above a
// path; of several at one place the last one hides those before.
func mountOf(mounts, path string) string {
	deepest, kind := "", "unknown"
	for line := range strings.Lines(mounts) {
		fields := strings.Fields(line)
		if len(fields) < 3 {
			continue
		}
		at := fields[1]
		if (at == "/" || path == at || strings.HasPrefix(path, at+"/")) && len(at) >= len(deepest) {
			deepest, kind = at, fields[2]
		}
	}
	return kind
}

// flushTime is the median time of a 4 KiB append and its flush to the medium.
func flushTime(folder string) (time.Duration, error) {
	file, err := os.CreateTemp(folder, "flush-")
	if err != nil {
		return 0, err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	page := make([]byte, 4096)
	var all []time.Duration
	for range 200 {
		began := time.Now()
		if _, err := file.Write(page); err != nil {
			return 0, err
		}
		if err := file.Sync(); err != nil {
			return 0, err
		}
		all = append(all, time.Since(began))
	}
	slices.Sort(all)
	return percentile(all, 50), nil
}

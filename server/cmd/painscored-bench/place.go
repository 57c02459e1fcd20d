package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/painscore/painscore/server/store/postgres/pgtest"
)

// The storage engines that a server can be started on.
const (
	sqliteEngine   = "sqlite"
	postgresEngine = "postgres"
)

// placeFlags are what every command is told about where to work.
type placeFlags struct {
	parent     string
	painscored string
	engine     string
	seed       uint64
	tls        bool
}

// place is where a run happens: a temporary folder, the built server, and every
// process that was started. Closing it leaves nothing behind.
type place struct {
	placeFlags
	dir string

	mu       sync.Mutex
	folders  int
	children []*child
	postgres *pgtest.Server // nil until it is needed
	secured  *secured       // nil until it is needed
}

// open makes the folder and builds the server. The caller closes the place.
func (f placeFlags) open(ctx context.Context) (*place, error) {
	if f.engine != sqliteEngine && f.engine != postgresEngine {
		return nil, fmt.Errorf("--engine %s: not known", strconv.Quote(f.engine))
	}
	dir, err := os.MkdirTemp(f.parent, "painscored-bench-")
	if err != nil {
		return nil, fmt.Errorf("--dir: %w", err)
	}
	p := &place{placeFlags: f, dir: dir}
	if p.painscored == "" {
		p.painscored = filepath.Join(dir, "painscored")
		if err := build(ctx, p.painscored); err != nil {
			return nil, errors.Join(err, p.Close())
		}
	}
	return p, nil
}

// build makes the server of the module that the current folder belongs to.
func build(ctx context.Context, output string) error {
	const pkg = "github.com/painscore/painscore/server/cmd/painscored"
	cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", output, pkg)
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build painscored (name a built one with --painscored): %w\n%s", err, text)
	}
	return nil
}

// start runs a program until its first line and ends it with the place.
func (p *place) start(ctx context.Context, program string, args ...string) (*child, error) {
	c, err := startChild(ctx, program, args...)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.children = append(p.children, c)
	return c, nil
}

// Close kills what still runs and removes the folder.
func (p *place) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.children {
		c.kill()
	}
	var err error
	if p.postgres != nil {
		err = p.postgres.End()
	}
	return errors.Join(err, os.RemoveAll(p.dir))
}

// in opens a place for the time of do.
func (f placeFlags) in(ctx context.Context, do func(*place) error) (err error) {
	p, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	return do(p)
}

// progress says on w what a long run is doing.
func progress(w io.Writer, format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

// Package instruments holds the built-in definitions and value sets as YAML
// files, a strict loader for those and for a site's own, and the catalogue from
// which a service takes the instruments it scores.
//
// To add a definition, copy a file of builtin/ or a Skeleton, change it and load
// it with AddFile or AddDir: a file with any problem is refused whole, every
// problem with its line, column and reason, and the worked examples inside are
// run. README.md says how a clinic writes one; Schema describes the file format.
package instruments

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/painscore/painscore/scoring"
)

//go:embed builtin/*.yaml value_sets/*.yaml
var builtin embed.FS

// ErrUnknown is returned for an instrument, version or layout that the
// catalogue does not hold.
var ErrUnknown = errors.New("unknown instrument, version or layout")

// Catalogue holds the instruments that a service can score, every version of
// each, and which version is active. It is safe for concurrent use; instruments
// taken from it stay as they were when it changes.
type Catalogue struct {
	mu        sync.RWMutex
	versions  map[string]map[string]*entry // by instrument, by version
	active    map[string]*entry
	sets      map[string]*scoring.ValueSet
	content   map[string][]byte          // file bytes by hash
	confirmed map[string]map[string]bool // layouts by instrument
}

type entry struct {
	file *parsed
	in   *scoring.Instrument
}

// Builtin returns a catalogue of the built-in definitions. The active version
// of each instrument is its highest built-in one. An error means that the
// program was built from broken definitions.
func Builtin() (*Catalogue, error) {
	c := emptyCatalogue()
	if err := c.AddDir(builtin); err != nil {
		return nil, err
	}
	return c, nil
}

func emptyCatalogue() *Catalogue {
	return &Catalogue{
		versions: map[string]map[string]*entry{}, active: map[string]*entry{},
		sets: map[string]*scoring.ValueSet{}, content: map[string][]byte{}, confirmed: map[string]map[string]bool{},
	}
}

// AddFile adds one definition or value set. name is used in messages only. It
// returns Problems when the file is refused; nothing is added then. A file that
// the catalogue already holds byte for byte changes nothing; another file for
// the same instrument and version, or value set, is refused. The first version
// of a new instrument becomes active; a new version of a known one does not.
func (c *Catalogue) AddFile(name string, body []byte) error {
	return c.add([]file{{name, body}})
}

// AddDir adds every .yaml file below dir, all or nothing. It returns Problems
// when any file is refused.
func (c *Catalogue) AddDir(dir fs.FS) error {
	var files []file
	err := fs.WalkDir(dir, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".yaml") {
			return err
		}
		if info, err := d.Info(); err != nil || info.Size() > maxFileBytes {
			return errors.Join(err, Problems{{path, 1, 1, fmt.Sprintf("the file is larger than %d bytes", maxFileBytes)}})
		}
		body, err := fs.ReadFile(dir, path)
		files = append(files, file{path, body})
		return err
	})
	if err != nil {
		return fmt.Errorf("read definitions: %w", err)
	}
	return c.add(files)
}

type file struct {
	name string
	body []byte
}

// Instrument returns a version of an instrument; the empty version is the
// active one.
func (c *Catalogue) Instrument(id, version string) (*scoring.Instrument, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	e := c.active[id]
	if version != "" {
		e = c.versions[id][version]
	}
	if e == nil {
		return nil, false
	}
	return e.in, true
}

// SetActive chooses the version of an instrument that is used where none is
// named.
func (c *Catalogue) SetActive(id, version string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.versions[id][version]
	if e == nil {
		return fmt.Errorf("set the active version: %w", ErrUnknown)
	}
	c.active[id] = e
	return nil
}

// ConfirmLayout records that a site has checked a layout against its own form,
// so that positional input may use it, in every version that has it.
func (c *Catalogue) ConfirmLayout(id, layout string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	found := false
	for _, e := range c.versions[id] {
		if in, ok := e.in.WithConfirmedLayout(layout); ok {
			e.in, found = in, true
		}
	}
	if !found {
		return fmt.Errorf("confirm a layout: %w", ErrUnknown)
	}
	if c.confirmed[id] == nil {
		c.confirmed[id] = map[string]bool{}
	}
	c.confirmed[id][layout] = true
	return nil
}

// List returns every version of every instrument, sorted by id and version.
func (c *Catalogue) List() []*scoring.Instrument {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var out []*scoring.Instrument
	for _, id := range slices.Sorted(maps.Keys(c.versions)) {
		for _, version := range slices.SortedFunc(maps.Keys(c.versions[id]), compareVersions) {
			out = append(out, c.versions[id][version].in)
		}
	}
	return out
}

// Active returns the active version of every instrument, sorted by id.
func (c *Catalogue) Active() []*scoring.Instrument {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var out []*scoring.Instrument
	for _, id := range slices.Sorted(maps.Keys(c.active)) {
		out = append(out, c.active[id].in)
	}
	return out
}

// ValueSets returns every value set, sorted by id.
func (c *Catalogue) ValueSets() []*scoring.ValueSet {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return slices.SortedFunc(maps.Values(c.sets), func(a, b *scoring.ValueSet) int { return cmp.Compare(a.ID(), b.ID()) })
}

// Content returns the bytes of the definition or value-set file with this hash,
// for keeping them beside the scores. Read only.
func (c *Catalogue) Content(hash string) ([]byte, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	body, ok := c.content[hash]
	return body, ok
}

// Package clinic holds the use cases of painscore: scoring a sheet, taking in
// forms, keeping episodes of care, and reading a patient's trend. It knows
// neither gRPC nor HTTP; those are adapters around it, so that every way in
// meets the same rules.
//
// A request passes through three steps, always in this order: check lists
// every problem of the input at once (check.go), the engine scores, the store
// keeps. Nothing is stored when a problem was found, and no value or
// identifier is ever echoed in a problem's text.
//
// Every use case asks first whether the caller, who comes in the context, may do
// this and for whom, and tells the access log (access.go).
//
// Start with Open in this file; submit.go is the main way in and trend.go the
// main way out. What a site has decided (norms, windows, active definitions) is
// changed in settings.go and found by every use case through site.go.
package clinic

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
	_ "time/tzdata" // "today" is judged in Europe/Stockholm, also where the system has no zone files

	"github.com/painscore/painscore/scoring/instruments"
	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/registry/delivery"
	"github.com/painscore/painscore/server/store"
)

// Clinic runs the use cases on one store. It is safe for concurrent use.
type Clinic struct {
	store     store.Store
	catalogue *instruments.Catalogue
	keys      *identity.Keyring
	settings  Settings
	now       func() time.Time
	stockholm *time.Location

	replies    *replies             // finished trends; see replies.go
	known      atomic.Pointer[site] // what the settings were when last read; see site.go
	refreshing sync.Mutex           // one caller reads them again, the others wait
	summing    sync.Mutex           // one caller brings the summaries up to date, the others wait
}

// TimeZone is where "today" and "the future" are judged.
const TimeZone = "Europe/Stockholm"

// Settings are what a site decides about the use cases. The zero value of a
// field means its documented default.
type Settings struct {
	// ValueSets names, per EQ-5D instrument, the value sets whose index is
	// computed for every sheet besides those that the request names. Default:
	// none, and then the index is refused with VALUE_SET_NOT_NAMED.
	ValueSets map[string][]string
	// Windows say when a form of an occasion is on time, as long as no setting
	// in the store says otherwise. Default: DefaultWindows.
	Windows Windows
	// ErasureJournal is told of every erasure before the store is. Default:
	// none, and then an older copy of the store can bring somebody back.
	ErasureJournal ErasureJournal
	// TrendMemory is how many bytes of finished trends may be kept in memory (see
	// TrendReply), negative for none. Default: DefaultTrendMemory.
	TrendMemory int
	// CareProviders says whose the care units are, for what patients say to
	// registries. The zero value knows of none.
	CareProviders CareProviders
	// Recipients are those to whom data may be handed over. Default: none.
	Recipients []delivery.Recipient
	// AccessLog is told of every attempt to read or change what is known of a
	// patient. Default: none, which is for tests and tools only.
	AccessLog *access.Log
}

// Open adopts the definitions of the catalogue into the store (see
// adoptDefinitions), takes those that the store keeps and the catalogue lacks
// into the catalogue, and returns the use cases. now is the clock.
func Open(ctx context.Context, st store.Store, catalogue *instruments.Catalogue, keys *identity.Keyring, settings Settings, now func() time.Time) (*Clinic, error) {
	stockholm, err := time.LoadLocation(TimeZone)
	if err != nil {
		return nil, fmt.Errorf("load the time zone: %w", err)
	}
	if settings.Windows == nil {
		settings.Windows = DefaultWindows()
	}
	c := &Clinic{store: st, catalogue: catalogue, keys: keys, settings: settings, now: now, stockholm: stockholm, replies: newReplies(settings.TrendMemory)}
	if err := c.checkKeys(ctx); err != nil {
		return nil, err
	}
	if err := c.markTestPatients(ctx); err != nil {
		return nil, err
	}
	if err := c.adoptDefinitions(ctx); err != nil {
		return nil, err
	}
	if _, err := c.site(ctx); err != nil {
		return nil, err
	}
	if err := c.checkValueSets(); err != nil {
		return nil, err
	}
	return c, nil
}

// LookupKeyProperty is where the store remembers which look-up key its
// identities were hashed with. Another key would find nobody, and every
// patient would silently become a new one.
const LookupKeyProperty = "lookup_key_fingerprint"

func (c *Clinic) checkKeys(ctx context.Context) error {
	kept, err := c.store.SetPropertyOnce(ctx, LookupKeyProperty, c.keys.Fingerprint())
	if err != nil {
		return fmt.Errorf("read which key the store was made with: %w", err)
	}
	if kept != c.keys.Fingerprint() {
		return errors.New("the key file is not the one this database was made with: put the right key file back (without it no patient can be found)")
	}
	return nil
}

// today is the calendar date in Sweden, where the forms are dated.
func (c *Clinic) today() string {
	return c.now().In(c.stockholm).Format(time.DateOnly)
}

// UsedWithKeys tells whether a store has been opened with a key file before,
// and so must be again.
func UsedWithKeys(ctx context.Context, st store.Properties) (bool, error) {
	_, err := st.Property(ctx, LookupKeyProperty)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

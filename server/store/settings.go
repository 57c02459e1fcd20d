package store

import (
	"context"
	"time"
)

// Setting is one version of one thing that a site has decided: a norm, a
// window, which definition is active. The store knows none of them: it keeps a
// text under a name, says who wrote it and when, and counts the changes.
type Setting struct {
	CareUnit string // the unit it holds for; empty: every unit
	Kind     string // what kind of thing is set, such as "norm"
	Name     string // which one of the kind
	Number   int64  // 1 for the first version of this setting; set by the store
	Change   int64  // set by the store; see SettingsChange
	Value    string // readable text; empty: the setting was removed
	By       string // the user or program that changed it
	At       time.Time
	Note     string // why, in the words of whoever changed it; may be empty
}

// Settings keeps what a site has decided, every version of it. A setting is
// named by CareUnit, Kind and Name together.
type Settings interface {
	// Settings returns the newest version of each setting, removed ones
	// included, ordered by care unit, kind and name (compared byte by byte).
	Settings(ctx context.Context) ([]Setting, error)
	// SettingsHistory returns every version of every setting in that order,
	// the versions of one setting oldest first.
	SettingsHistory(ctx context.Context) ([]Setting, error)
	// PutSetting writes the next version of a setting and returns it as a read
	// would: Number and Change are the store's, whatever the caller set.
	// readNumber is the number the change was made from, 0 for a setting that
	// never was; ErrStale, and nothing written, if it is not the newest. The
	// order of the acts counts, not their times.
	PutSetting(ctx context.Context, setting Setting, readNumber int64) (Setting, error)
	// SettingsChange returns the newest Change, 0 if nothing was ever set. Each
	// written version of any setting has a higher one than all before it, so
	// that whoever remembers the number knows whether to read the settings
	// again. It is cheap enough to be asked before each use, and sees what any
	// process has written.
	SettingsChange(ctx context.Context) (int64, error)
}

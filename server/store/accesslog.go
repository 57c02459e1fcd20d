package store

import (
	"context"
	"time"
)

// AccessBlock is a run of access events that one process recorded and committed
// together. What an event holds is known to package access; the store keeps the
// block as it is, in the order of its chain.
type AccessBlock struct {
	Chain   string // month and process, such as "2026-11 k3f9x2m7": a chain is dropped whole
	Number  int64  // 1 for the first block of its chain, without gaps
	FirstAt time.Time
	LastAt  time.Time
	Events  int64  // how many
	Body    []byte // the events
	MAC     []byte // over this block and the MAC of the one before
}

// AccessRef names a block.
type AccessRef struct {
	Chain  string
	Number int64
}

// AccessChain is a chain as it stands.
type AccessChain struct {
	Chain  string
	Blocks int64 // also the number of the newest one
	Events int64
	MAC    []byte // of the newest block
	LastAt time.Time
}

// AccessQuery says which blocks are wanted. The zero value is all of them.
type AccessQuery struct {
	// PatientKeys limits to blocks that concern one of these patients; none: all.
	PatientKeys []string
	From, To    time.Time // blocks that overlap this time; zero: no limit
	Before      AccessRef // blocks older than this one (by LastAt, then chain and number); zero: from the newest
	BeforeAt    time.Time // LastAt of Before
	Limit       int
}

// AccessReview is the record of a recurring check of the log.
type AccessReview struct {
	ReviewID   string
	From, To   time.Time // the period that was looked at
	Events     int64     // events in it
	Sampled    int64     // of these: looked at
	Seed       string    // by which the sample was drawn, so that it can be drawn again
	Note       string    // what was found
	Reviewer   string
	ReviewedAt time.Time
}

// AccessLog keeps who looked at what. Nothing in it is changed; what is older
// than the law asks for is dropped by the month.
type AccessLog interface {
	// AppendAccess adds a block durably. It shares commits with other writes
	// and has a share of its own, so that a flood of submissions cannot keep
	// the log from being written. Appending the same block again changes
	// nothing; another block under a taken name is ErrStale.
	AppendAccess(ctx context.Context, block AccessBlock) error
	// AccessChains returns all chains, ordered by name.
	AccessChains(ctx context.Context) ([]AccessChain, error)
	// AccessBlocks returns a chain's blocks after the given number, in order,
	// at most limit.
	AccessBlocks(ctx context.Context, chain string, after int64, limit int) ([]AccessBlock, error)
	// FindAccess returns blocks newest first (by LastAt, then chain and number).
	// With PatientKeys it knows only blocks that were indexed.
	FindAccess(ctx context.Context, query AccessQuery) ([]AccessBlock, error)
	// UnindexedAccess returns blocks whose patients are not indexed yet, oldest
	// first, at most limit.
	UnindexedAccess(ctx context.Context, limit int) ([]AccessBlock, error)
	// IndexAccess notes which patients a block concerns, and that it is indexed.
	// Repeating it changes nothing.
	IndexAccess(ctx context.Context, block AccessRef, patientKeys []string) error
	// DropAccess deletes chains whose newest event is older than before, at most
	// limit blocks at a time; more says that some are left.
	DropAccess(ctx context.Context, before time.Time, limit int) (more bool, err error)
	// AddAccessReview keeps the record of a check. AccessReviews returns them,
	// newest first, at most limit.
	AddAccessReview(ctx context.Context, review AccessReview) error
	AccessReviews(ctx context.Context, limit int) ([]AccessReview, error)
}

// Session is what a signed-in browser stands for.
type Session struct {
	TokenHash []byte // SHA-256 of the cookie's value; the value itself is nowhere
	Body      []byte // who it is and what was chosen; package signin knows the form
	CreatedAt time.Time
	UsedAt    time.Time
	ExpiresAt time.Time
}

// Sessions keeps sign-ins of the pages, shared by all processes.
type Sessions interface {
	// PutSession writes a session, or its newer state.
	PutSession(ctx context.Context, session Session) error
	// Session returns one that has not expired at the given time, or ErrNotFound.
	Session(ctx context.Context, tokenHash []byte, at time.Time) (Session, error)
	// DropSession ends one; one that is not there is no error.
	DropSession(ctx context.Context, tokenHash []byte) error
	// SweepSessions deletes what has expired, at most limit.
	SweepSessions(ctx context.Context, at time.Time, limit int) error
}

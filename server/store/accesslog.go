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
	Events  int64  // how many; at most AccessSpan lies between them
	Body    []byte // the events
	MAC     []byte // over this block and the MAC of the one before
}

// AccessDraft is a block that is made no sooner than the transaction that writes
// it begins, so that it holds what was to be recorded until then.
type AccessDraft interface {
	// MakeBlock returns the block; ok is false if there is nothing to write
	// after all. All writes wait meanwhile.
	MakeBlock() (block AccessBlock, ok bool)
	// BlockSettled says what became of the block that MakeBlock returned: nil
	// means that it is on the medium, an error is one of AppendAccess. It comes
	// before the next MakeBlock of anybody, and all writes wait meanwhile.
	BlockSettled(err error)
}

// AccessSpan is how far apart the first and the last event of a block may be,
// so that the blocks of a period are found by their last event.
const AccessSpan = time.Minute

// AccessRef names a block.
type AccessRef struct {
	Chain  string
	Number int64
}

// AccessSubjects says which patients a block concerns.
type AccessSubjects struct {
	AccessRef
	PatientKeys []string
}

// AccessChain is a chain as it stands.
type AccessChain struct {
	Chain  string
	Blocks int64 // also the number of the newest one
	Events int64
	MAC    []byte // of the newest block
	LastAt time.Time
}

// DroppedChain is what is kept of a chain that was dropped.
type DroppedChain struct {
	AccessChain
	DroppedAt time.Time
}

// AccessQuery says which blocks are wanted. The zero value is all of them.
type AccessQuery struct {
	// PatientKeys limits to blocks that concern one of these patients; none: all.
	PatientKeys []string
	From, To    time.Time // blocks with events in this time, both ends included; zero: no limit
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
	// AppendAccessNext has a block written by the next transaction, together with
	// the writes that came before and are still waiting, and returns at once.
	// That transaction begins when somebody wants something else written or
	// WakeAccess is called; then draft is asked. An error means that draft will
	// not be asked; it may be ErrOverloaded or ErrUnavailable.
	AppendAccessNext(draft AccessDraft) error
	WakeAccess()
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
	// IndexAccess notes which patients each of some blocks concerns, and that
	// the block is indexed: all in one transaction that gives way to what
	// somebody waits for. Repeating it changes nothing; a block that was dropped
	// meanwhile is passed over.
	IndexAccess(ctx context.Context, blocks []AccessSubjects) error
	// DropAccess deletes chains whose newest block is older than before, at most
	// limit blocks of one of them; more says that there may be others. That a
	// chain is dropped is on record (DroppedAccess) before its first block goes.
	DropAccess(ctx context.Context, before, at time.Time, limit int) (more bool, err error)
	// DroppedAccess returns the chains that were dropped, ordered by name. Of
	// one that is being dropped some blocks may be left.
	DroppedAccess(ctx context.Context) ([]DroppedChain, error)
	// AddAccessReview keeps the record of a check; adding it again changes
	// nothing, another one under its id is ErrIDReused. AccessReviews returns
	// them newest first by ReviewedAt and then by ReviewID: those after the one
	// given, at most limit (the zero AccessReview: from the newest).
	AddAccessReview(ctx context.Context, review AccessReview) error
	AccessReviews(ctx context.Context, after AccessReview, limit int) ([]AccessReview, error)
	// LogOnly keeps the room that is left on the medium for this log: while it
	// is on, every write but those of blocks and sessions is ErrDiskFull.
	LogOnly(on bool)
}

// Session is what a signed-in browser stands for.
type Session struct {
	TokenHash []byte // SHA-256 of the cookie's value; the value itself is nowhere
	Body      []byte // who it is and what was chosen; package signin knows the form
	CreatedAt time.Time
	UsedAt    time.Time
	ExpiresAt time.Time
}

// Sessions keeps sign-ins of the pages, shared by all processes. Its writes
// share the way of the log: who cannot be signed in cannot read either.
type Sessions interface {
	// PutSession writes a session, or its newer state; of one that is there
	// CreatedAt stays.
	PutSession(ctx context.Context, session Session) error
	// Session returns one that has not expired at the given time, or ErrNotFound.
	Session(ctx context.Context, tokenHash []byte, at time.Time) (Session, error)
	// DropSession ends one; one that is not there is no error.
	DropSession(ctx context.Context, tokenHash []byte) error
	// SweepSessions deletes what has expired, at most limit.
	SweepSessions(ctx context.Context, at time.Time, limit int) error
}

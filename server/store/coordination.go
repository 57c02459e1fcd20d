package store

import (
	"context"
	"time"
)

// OccasionAct is one thing that somebody did about an occasion of an episode:
// forms were sent or came back unopened, answers were read, feedback was given.
type OccasionAct struct {
	CareUnit      string
	EpisodeID     string
	Number        int64  // 1 for the episode's first; set by the store
	System        string // the calling system, within which ActID is unique
	ActID         string // named by the caller
	Kind          string // a word of the contract in lower case, such as "sent"
	Occasion      Occasion
	OccasionLabel string // empty unless Occasion is OtherOccasion
	DoneOn        string // YYYY-MM-DD
	Detail        string // what belongs to the kind: which information went along, how feedback was given
	Act
}

// OccasionKey names an occasion of one of a care unit's episodes.
type OccasionKey struct {
	EpisodeID     string
	Occasion      Occasion
	OccasionLabel string
}

// PaperCode is the code that stands on the paper forms of one occasion.
type PaperCode struct {
	Code     string
	CareUnit string
	OccasionKey
	MadeAt time.Time
}

// Dispatches keeps what was done about occasions, every act of it.
type Dispatches interface {
	// RecordAct writes an act after the episode's others and returns it as a
	// read would. One whose System and ActID are known in its care unit is not
	// written again: with the same episode, Kind, occasion, DoneOn, Detail and
	// Note the first one is returned, and replayed; else ErrIDReused.
	// ErrNotFound: no such episode.
	RecordAct(ctx context.Context, act OccasionAct) (stands OccasionAct, replayed bool, err error)
	// OccasionActs returns the acts about an episode, oldest first.
	OccasionActs(ctx context.Context, careUnit, episodeID string) ([]OccasionAct, error)
	// OccasionsWithAct returns the occasions of a care unit about which there is
	// an act of a kind, each once, ordered by its fields.
	OccasionsWithAct(ctx context.Context, careUnit, kind string) ([]OccasionKey, error)
	// KeepPaperCode gives an occasion its code and returns the one that stands:
	// an earlier one, where there is one. ErrIDReused: the code is another
	// occasion's. ErrNotFound: no such episode.
	KeepPaperCode(ctx context.Context, code PaperCode) (PaperCode, error)
	// PaperCodesOf returns the codes of an episode, ordered by occasion and label.
	PaperCodesOf(ctx context.Context, careUnit, episodeID string) ([]PaperCode, error)
	// PaperCode returns what a code stands for, or ErrNotFound.
	PaperCode(ctx context.Context, code string) (PaperCode, error)
}

// EpisodeSummary is what an episode's forms come to, so that a list of many
// episodes need not read them. It is made from the forms and lags behind them:
// whoever reads it first brings it up to date (Summaries).
type EpisodeSummary struct {
	CareUnit  string
	EpisodeID string
	Through   int64  // every change of the unit up to this one is in it; 0: there is no summary
	Newest    int64  // newest change of the episode's forms, as FormsChanged gives it
	Answered  string // which forms were answered, in the text of whoever made it
	Worse     int64  // scales that changed for the worse
	JudgedBy  string // names what Worse was judged by
}

// EpisodeOverview is what lists of a unit's episodes are sorted out by.
type EpisodeOverview struct {
	// Episode is the current version. Of it are filled in: its names, care
	// level, track, programme type, cohort, status, Deceased, DoNotContact,
	// TestPatient, and the dates of the first visit, the start and the end.
	Episode
	Summary EpisodeSummary // Through is 0 where there is none
	Seen    int64          // up to which change the reader has seen it; 0: never
}

// FormsChanged says that forms of an episode changed.
type FormsChanged struct {
	EpisodeID string
	Newest    int64 // change_seq of the newest change
}

// Summaries keeps a summary of each episode, and what its readers have seen.
type Summaries interface {
	// SummarisedTo returns up to which change_seq a care unit's summaries are
	// made, 0 if none is.
	SummarisedTo(ctx context.Context, careUnit string) (int64, error)
	// FormsChangedIn returns the episodes whose forms were changed after one
	// change_seq up to another, ordered by id: stored, amended, moved to or
	// away, retracted, or scored anew. Episodes erased since are not among them.
	FormsChangedIn(ctx context.Context, careUnit string, after, upTo int64) ([]FormsChanged, error)
	// PutSummaries writes summaries of one care unit. One that is older than
	// what stands (by Through), or whose episode is gone, is passed over. Where
	// through is higher than SummarisedTo it takes its place.
	PutSummaries(ctx context.Context, careUnit string, summaries []EpisodeSummary, through int64) error
	// Overviews tells each of the current episodes of a care unit, in the order
	// of ListEpisodes, with what the reader has seen (nothing, where reader is
	// empty). There are thousands: what each is told of holds only until it
	// returns, and it must not call the store.
	Overviews(ctx context.Context, careUnit, reader string, each func(*EpisodeOverview)) error
	// NoteVisit remembers that a reader has seen an episode up to a change.
	// Nothing is remembered for an episode that is gone, and an earlier change
	// does not replace a later one.
	NoteVisit(ctx context.Context, careUnit, episodeID, reader string, seen int64, at time.Time) error
	// Visits returns who has seen an episode, ordered by reader.
	Visits(ctx context.Context, careUnit, episodeID string) ([]Visit, error)
}

// Visit is up to which change, and when last, a reader has seen an episode.
type Visit struct {
	CareUnit  string
	EpisodeID string
	Reader    string // the user
	Seen      int64  // change_seq
	At        time.Time
}

// LaunchLink leads to an episode once.
type LaunchLink struct {
	TokenHash []byte // SHA-256 of the token; the token itself is nowhere
	CareUnit  string
	EpisodeID string
	CreatedAt time.Time
	ExpiresAt time.Time
}

// LaunchLinks keeps one-time ways to an episode's page.
type LaunchLinks interface {
	// PutLaunchLink keeps a link, and drops those that had expired when it was
	// created. ErrNotFound: no such episode.
	PutLaunchLink(ctx context.Context, link LaunchLink) error
	// TakeLaunchLink returns a link and ends it: of many who ask, in whatever
	// process, one gets it. ErrNotFound: no such link, or it has expired, or it
	// was taken.
	TakeLaunchLink(ctx context.Context, tokenHash []byte, at time.Time) (LaunchLink, error)
}

package delivery

import "github.com/painscore/painscore/server/store"

// ChangeKind says what became of a form, or of an episode, from one delivery to
// the next. The words are the contract's.
type ChangeKind string

// The kinds of change.
const (
	Added          ChangeKind = "added"           // came in since
	AddedInformed  ChangeKind = "added_informed"  // was there; its patient is informed since
	AddedChosen    ChangeKind = "added_chosen"    // was there; is among what was chosen since
	Amended        ChangeKind = "amended"         // has a later version
	Rescored       ChangeKind = "rescored"        // other scores count
	Retracted      ChangeKind = "retracted"       // was withdrawn
	Moved          ChangeKind = "moved"           // went to another occasion, respondent or episode
	Erased         ChangeKind = "erased"          // the patient was erased
	Objected       ChangeKind = "objected"        // the patient has objected
	NotInformed    ChangeKind = "not_informed"    // the patient is not informed any more
	NotChosen      ChangeKind = "not_chosen"      // is not among what is chosen any more
	EpisodeAmended ChangeKind = "episode_amended" // what is known of the episode changed
	PersonChanged  ChangeKind = "person_changed"  // the episode is another pseudonym's
)

// ChangeKinds are all kinds, in the contract's order.
func ChangeKinds() []ChangeKind {
	return []ChangeKind{
		Added, AddedInformed, AddedChosen, Amended, Rescored, Retracted, Moved, Erased, Objected, NotInformed, NotChosen, EpisodeAmended, PersonChanged,
	}
}

// Adds says whether a kind is of forms that only the later delivery has.
func (k ChangeKind) Adds() bool { return k == Added || k == AddedInformed || k == AddedChosen }

// Removes says whether a kind is of forms that only the earlier one has.
func (k ChangeKind) Removes() bool {
	switch k {
	case Retracted, Moved, Erased, Objected, NotInformed, NotChosen:
		return true
	}
	return false
}

// Change is one form that is not what it was. Without an instrument it is about
// the episode.
type Change struct {
	Kind ChangeKind
	Slot store.Slot
}

// Compare says what became of an episode's forms that are in both deliveries or
// in one of them, in the order of slots. since is the change up to which the
// earlier delivery saw. goneTo says what became of a form that is not in its slot
// any more; a form that appeared came in since, or is chosen since.
func Compare(before, after []store.Submission, since int64, goneTo func(*store.Submission) ChangeKind) []Change {
	var changes []Change
	at := map[store.Slot]*store.Submission{}
	for i := range after {
		at[after[i].Slot] = &after[i]
	}
	for i := range before {
		b := &before[i]
		a, still := at[b.Slot]
		delete(at, b.Slot)
		switch {
		case !still:
			changes = append(changes, Change{goneTo(b), b.Slot})
		case a.System != b.System || a.SubmissionID != b.SubmissionID: // the slot was freed and taken again
			changes = append(changes, Change{goneTo(b), b.Slot}, Change{appeared(a, since), b.Slot})
		case a.Version != b.Version:
			changes = append(changes, Change{Amended, b.Slot})
		case a.RescorePlan != b.RescorePlan:
			changes = append(changes, Change{Rescored, b.Slot})
		}
	}
	for i := range after {
		if a := &after[i]; at[a.Slot] == a {
			changes = append(changes, Change{appeared(a, since), a.Slot})
		}
	}
	return changes
}

// appeared is why a form is in the later delivery only. What moved here, or was
// stored, has a number after what the earlier delivery saw.
func appeared(a *store.Submission, since int64) ChangeKind {
	if a.ChangeSeq <= since {
		return AddedChosen
	}
	return Added
}

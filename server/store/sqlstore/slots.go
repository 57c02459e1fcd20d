package sqlstore

import (
	"cmp"
	"slices"
	"strings"

	"github.com/painscore/painscore/server/store"
)

// slotRow is a row of submission_version.
type slotRow struct {
	store.Submission
	slotVersion int64
	state       string // live, or another word where the row gives the slot free
}

// rescoredRow says of one row that a plan scored it anew, and how the plan was
// flipped last.
type rescoredRow struct {
	store.Slot
	slotVersion int64
	plan        string
	applied     bool
	flip        int64 // change_seq, 0 for a plan that was never flipped
	version     string
	scores      string
}

// slotReader collects the rows of slots with what was scored anew, in any
// order, and says how the slots stand.
type slotReader struct {
	careUnit string
	rows     []slotRow
	rescored []rescoredRow
}

// scan reads a line of either kind; see rescoring in rescore_sql.go.
func (r *slotReader) scan(row scanner) error {
	var f fields
	var digest []byte
	if err := row.Scan(&f.rest, &digest); err != nil {
		return err
	}
	if digest != nil {
		r.rows = append(r.rows, slotRow{}) // unpacked in place: a row is large
		slot := &r.rows[len(r.rows)-1]
		slot.Digest = digest
		return slot.unpack(&f)
	}
	r.addRescored(&f)
	return f.end()
}

// addRescored reads the fields of one rescoredLine.
func (r *slotReader) addRescored(f *fields) {
	r.rescored = append(r.rescored, rescoredRow{
		Slot: store.Slot{
			CareUnit: r.careUnit, EpisodeID: f.text(), Occasion: store.Occasion(f.text()), OccasionLabel: f.text(),
			Instrument: f.text(), Respondent: store.Respondent(f.text()),
		},
		slotVersion: f.number(), plan: f.text(), applied: f.flag(), flip: f.number(), version: f.text(), scores: f.text(),
	})
}

// held returns the submissions that hold their slots, in the order of slots:
// the last row of a slot says how it stands, and the plans that are applied,
// by whose scores.
func (r *slotReader) held() []store.Submission {
	// Nearly always they come in the order of the table's key, which no engine
	// promises. To see that is cheaper than to sort rows of this size.
	for i := 1; i < len(r.rows); i++ {
		if r.rows[i-1].compare(&r.rows[i]) > 0 {
			slices.SortFunc(r.rows, func(a, b slotRow) int { return a.compare(&b) })
			break
		}
	}
	r.sortRescored()
	held := make([]store.Submission, 0, len(r.rows))
	for i := range r.rows {
		row := &r.rows[i]
		if i+1 < len(r.rows) && r.rows[i+1].Slot == row.Slot || row.state != live {
			continue
		}
		r.scoreAnew(row)
		held = append(held, row.Submission)
	}
	return held
}

func (a *slotRow) compare(b *slotRow) int {
	if c := compareSlots(&a.Slot, &b.Slot); c != 0 {
		return c
	}
	return cmp.Compare(a.slotVersion, b.slotVersion)
}

// sortRescored puts what concerns one row side by side, by the order of flips.
func (r *slotReader) sortRescored() {
	slices.SortFunc(r.rescored, func(a, b rescoredRow) int {
		return cmp.Or(a.compare(&b.Slot, b.slotVersion), cmp.Compare(a.flip, b.flip))
	})
}

func (a *rescoredRow) compare(slot *store.Slot, slotVersion int64) int {
	return cmp.Or(compareSlots(&a.Slot, slot), cmp.Compare(a.slotVersion, slotVersion))
}

// scoreAnew gives a row the scores that count: those of the plan that was
// applied last, of the ones that are applied. (What it builds on is applied
// too, and cannot be flipped meanwhile.) sortRescored must have been called.
func (r *slotReader) scoreAnew(row *slotRow) {
	if len(r.rescored) == 0 {
		return
	}
	first, _ := slices.BinarySearchFunc(r.rescored, row, func(again rescoredRow, row *slotRow) int {
		return again.compare(&row.Slot, row.slotVersion)
	})
	for i := first; i < len(r.rescored) && r.rescored[i].compare(&row.Slot, row.slotVersion) == 0; i++ {
		again := &r.rescored[i]
		row.RescoredSeq = again.flip
		if again.applied {
			row.RescorePlan, row.InstrumentVersion, row.Scores = again.plan, again.version, again.scores
		}
	}
}

// compareSlots is the order of the table's key, byte by byte.
func compareSlots(a, b *store.Slot) int {
	if c := strings.Compare(a.CareUnit, b.CareUnit); c != 0 {
		return c
	}
	if c := strings.Compare(a.EpisodeID, b.EpisodeID); c != 0 {
		return c
	}
	if c := cmp.Compare(a.Occasion, b.Occasion); c != 0 {
		return c
	}
	if c := strings.Compare(a.OccasionLabel, b.OccasionLabel); c != 0 {
		return c
	}
	if c := strings.Compare(a.Instrument, b.Instrument); c != 0 {
		return c
	}
	return cmp.Compare(a.Respondent, b.Respondent)
}

// unpack reads the columns of submissionColumns.
func (to *slotRow) unpack(f *fields) error {
	to.Slot = store.Slot{
		CareUnit: f.text(), EpisodeID: f.text(), Occasion: store.Occasion(f.text()), OccasionLabel: f.text(),
		Instrument: f.text(), Respondent: store.Respondent(f.text()),
	}
	to.slotVersion, to.state = f.number(), f.text()
	to.System, to.SubmissionID, to.Version, to.ChangeSeq, to.RecordedAt = f.text(), f.text(), f.number(), f.number(), f.instant()
	to.RequestedVersion, to.InstrumentVersion, to.AnsweredOn = f.text(), f.text(), f.text()
	to.Mode, to.LanguageCode, to.Assisted = f.text(), f.text(), f.flag()
	to.Source = store.Source{System: f.text(), DocumentID: f.text(), Template: f.text(), Version: f.text()}
	to.Answers, to.Scores, to.EpisodeCreated, to.Warnings = f.text(), f.text(), f.flag(), f.text()
	to.Changed = store.Act{By: f.text(), Note: f.text(), At: to.RecordedAt}
	to.State = store.State(to.state)
	return f.end()
}

package registry

import (
	"fmt"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/store"
)

// rowKey names a scale of a report, an index once for each value set.
type rowKey struct{ instrument, scale, valueSet string }

// row is a scale of a report.
type row struct {
	rowKey
	in    *scoring.Instrument
	scale scoring.ScaleInfo
}

func (b *Builder) addRows(in *scoring.Instrument) {
	for _, scale := range in.Scales() {
		sets := []string{""}
		if scale.Kind == scoring.KindIndex {
			sets = nil
			for _, set := range in.ValueSets() {
				sets = append(sets, set.ID())
			}
		}
		for _, set := range sets {
			key := rowKey{in.ID(), scale.Code, set}
			b.rowOf[key] = len(b.rows)
			b.rows = append(b.rows, row{key, in, scale})
		}
	}
}

// reading is a case, read once for all groups that it belongs to.
type reading struct {
	answered    [3]bool   // any scored form of the patient's at the canonical occasion
	firstDay    [3]string // the first day on which one was answered
	followUpDue bool
	// scores are by row and occasion: what the patient's form gave, or why not.
	scores  [][3]taken
	answers []formAnswers
}

// taken is a score with the definition that made it, or the reason why there
// is none that the report could use.
type taken struct {
	score  *scoring.Score
	made   *scoring.Instrument
	reason Reason
}

func (t *taken) measurement() scoring.Measurement {
	return scoring.Measurement{Instrument: t.made.ID(), ScoringHash: t.made.ScoringHash(), Score: t.score}
}

// formAnswers is a form whose answers are counted by item.
type formAnswers struct {
	table  itemKey
	in     *scoring.Instrument
	kinds  []scoring.Kind
	values []string // as printed
}

// read takes a case apart. Forms of occasions that are not canonical enter
// tables of items only.
func (b *Builder) read(c *Case) (*reading, error) {
	read := &reading{scores: make([][3]taken, len(b.rows))}
	for i := range read.scores {
		for o := range canonical {
			read.scores[i][o].reason = NotAnswered
		}
	}
	for i := range c.Forms {
		sub := &c.Forms[i]
		made, ok := b.knowledge.Definition(sub.Instrument, sub.InstrumentVersion)
		if !ok {
			return nil, fmt.Errorf("instrument %s, version %q: no such definition", sub.Instrument, sub.InstrumentVersion)
		}
		if err := b.readItems(read, sub, made); err != nil {
			return nil, err
		}
		at := occasionIndex(sub.Occasion)
		if at < 0 || sub.Respondent != store.Patient || made.IsForm() {
			continue
		}
		if err := b.readScores(read, sub, made, at); err != nil {
			return nil, err
		}
	}
	return read, nil
}

func (b *Builder) readScores(read *reading, sub *store.Submission, made *scoring.Instrument, at int) error {
	if day := sub.AnsweredOn; !read.answered[at] || day < read.firstDay[at] {
		read.answered[at], read.firstDay[at] = true, day
	}
	current, wanted := b.current[made.ID()]
	if !wanted {
		return nil
	}
	scores, err := scoring.ParseScores(sub.Scores)
	if err != nil {
		return fmt.Errorf("stored scores of instrument %s: %w", made.ID(), err)
	}
	for _, r := range b.rowsOf(made.ID()) {
		b.takeScore(&read.scores[r][at], &b.rows[r], scores, made, current)
	}
	return nil
}

// rowsOf are the places of an instrument's rows.
func (b *Builder) rowsOf(instrument string) []int {
	var out []int
	for i := range b.rows {
		if b.rows[i].instrument == instrument {
			out = append(out, i)
		}
	}
	return out
}

// takeScore finds a row's score on a form. A form that was asked for another
// value set has no index by this one.
func (b *Builder) takeScore(into *taken, r *row, scores []scoring.Score, made, current *scoring.Instrument) {
	into.made, into.reason = made, Reason(scoring.ValueSetNotNamed)
	if made.ScoringHash() != current.ScoringHash() {
		into.reason = DifferentScoring
		return
	}
	for i := range scores {
		s := &scores[i]
		if s.Scale != r.rowKey.scale || s.ValueSet != r.valueSet {
			continue
		}
		into.score, into.reason = s, ""
		if s.Outcome == scoring.Refused {
			into.reason = Reason(s.Refusal.Reason)
		}
		return
	}
}

func occasionIndex(occasion store.Occasion) int {
	for i, o := range canonical {
		if o == occasion {
			return i
		}
	}
	return -1
}

package registry

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/store"
)

// Codebook describes every variable of a delivery. It is made from the
// definitions alone, so that it cannot say anything else than what scored. It
// holds codes and ranges, never the wording of a question (copyright).
type Codebook struct {
	Format    int       `json:"format"` // 1
	Variables []Meaning `json:"variables"`
}

// Meaning is what one variable holds.
type Meaning struct {
	Variable  `json:"-"`
	Name      string        `json:"name"`
	Label     string        `json:"label"`
	Of        string        `json:"instrument"`
	What      VariableKind  `json:"kind"`
	CodeOf    string        `json:"code"`
	Set       string        `json:"value_set,omitempty"`
	When      string        `json:"occasion,omitempty"`
	Who       string        `json:"respondent,omitempty"`
	Type      string        `json:"type"` // whole, decimal, code, date or text
	Decimals  int           `json:"decimals,omitempty"`
	Direction string        `json:"direction,omitempty"` // higher_is_better, higher_is_worse or none
	Missing   []MissingCode `json:"missing"`
	Versions  []Version     `json:"versions"`
}

// MissingCode is what stands in a cell without a value. In a column that is not
// numeric the code stands as text.
type MissingCode struct {
	Code   int64         `json:"code"`
	Reason MissingReason `json:"reason"`
}

// Version is how one version of the definition has a variable.
type Version struct {
	Version        string   `json:"version"`
	DefinitionHash string   `json:"definition_hash"`
	ScoringHash    string   `json:"scoring_hash"`
	Lowest         string   `json:"lowest,omitempty"`
	Highest        string   `json:"highest,omitempty"`
	Values         []string `json:"values,omitempty"` // the only ones possible, where not all between lowest and highest
	Items          []string `json:"items,omitempty"`  // that a scale rests on
	Rule           string   `json:"missing_rule,omitempty"`
	Source         string   `json:"source,omitempty"`
	Known          string   `json:"known,omitempty"` // V, S, M, D or H: see scoring.Known
}

// Column is an occasion and a respondent of a wide file.
type Column struct {
	Occasion   store.Occasion
	Label      string
	Respondent store.Respondent
}

// CodebookOf describes the variables of some instruments, each in all the
// versions given. Without columns it is a long file's, else that of a wide file
// with each of them.
func CodebookOf(instruments []*scoring.Instrument, columns ...Column) *Codebook {
	book := &Codebook{Format: 1}
	if len(columns) == 0 {
		columns = []Column{{}}
	}
	at := map[Variable]int{}
	var lowest []float64
	for _, in := range instruments {
		for _, m := range meaningsOf(in) {
			i, known := at[m.Variable]
			if !known {
				i = len(book.Variables)
				at[m.Variable], lowest = i, append(lowest, 0)
				book.Variables = append(book.Variables, m)
			} else {
				book.Variables[i].merge(m)
			}
			if v, err := strconv.ParseFloat(m.Versions[0].Lowest, 64); err == nil {
				lowest[i] = min(lowest[i], v)
			}
		}
	}
	for i := range book.Variables {
		// One set of codes for all versions: they share the column.
		book.Variables[i].Missing = missingCodes(&book.Variables[i], lowest[i])
	}
	return book.at(columns)
}

// merge adds a version that has the variable too. What a column is of is the
// widest of its versions.
func (m *Meaning) merge(other Meaning) {
	m.Versions = append(m.Versions, other.Versions...)
	m.Decimals = max(m.Decimals, other.Decimals)
	if order := []string{"whole", "decimal"}; m.Type != other.Type {
		if slices.Contains(order, m.Type) && slices.Contains(order, other.Type) {
			m.Type = "decimal"
		} else {
			m.Type = "text"
		}
	}
}

// at lays the variables out over the columns of a file.
func (b *Codebook) at(columns []Column) *Codebook {
	out := &Codebook{Format: b.Format}
	for _, column := range columns {
		for _, m := range b.Variables {
			m.Occasion, m.Variable.Label, m.Respondent = column.Occasion, column.Label, column.Respondent
			m.Name, m.Of, m.What, m.CodeOf, m.Set = m.Variable.Name(), m.Instrument, m.Kind, m.Code, m.ValueSet
			m.When, m.Who = string(m.Occasion), string(m.Respondent)
			if column.Label != "" {
				m.When += ": " + column.Label
			}
			if m.When != "" {
				m.Label = strings.ReplaceAll(m.When, "_", " ") + ", " + m.Label
			}
			if m.Respondent != "" && m.Respondent != store.Patient {
				m.Label = m.Who + ", " + m.Label
			}
			out.Variables = append(out.Variables, m)
		}
	}
	return out
}

// missingCodes are the reasons that can stand in a variable.
func missingCodes(m *Meaning, lowest float64) []MissingCode {
	reasons := []MissingReason{NotInVersion, NotInBattery, NotReturned}
	switch m.Kind {
	case ItemVariable:
		reasons = append(reasons, LeftBlank, NotApplicable, Declined, Unreadable, NotAsked)
	case ScaleVariable, BandVariable, ProratedVariable:
		reasons = append(reasons, NotApplicable, TooFewAnswers)
		if m.ValueSet != "" {
			reasons = append(reasons, ValueSetNotNamed)
		}
	}
	var out []MissingCode
	for _, reason := range reasons {
		out = append(out, MissingCode{reason.Number(lowest), reason})
	}
	slices.SortFunc(out, func(a, b MissingCode) int { return cmp.Compare(a.Code, b.Code) })
	return out
}

package mapping

import (
	"fmt"
	"strings"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// Example is a mapping for an instrument to begin with: complete, and with
// columns that have to be renamed.
func Example(in *pb.Instrument) []byte {
	var b strings.Builder
	b.WriteString(exampleHead)
	fmt.Fprintf(&b, "  - instrument: %s\n    version: %q\n", in.Instrument, in.Version)
	b.WriteString(exampleForm)
	if len(in.Codings) > 0 {
		fmt.Fprintf(&b, "    coding: %s            # or", ItemValuesCoding)
		for _, c := range in.Codings {
			fmt.Fprintf(&b, " %s", c.Coding)
		}
		b.WriteString(", if the file has the numbers of the boxes\n")
	}
	if len(in.ValueSets) > 0 {
		b.WriteString("    # value_sets: []               # no country's is a safe default; one or more of")
		for _, set := range in.ValueSets {
			fmt.Fprintf(&b, " %s", set.ValueSet)
		}
		b.WriteString("\n")
	}
	b.WriteString("    # not_asked: [...]              # items that the table lacks\n    answers:                       # item: column\n")
	for _, item := range in.Items {
		fmt.Fprintf(&b, "      %q: %s_%s\n", item.Item, in.Instrument, item.Item)
	}
	return []byte(b.String())
}

const exampleHead = `# Which column of the table is what; for: painscore import FILE --map THIS
format: 1
separator: ";"                     # "," or ";" or tab
decimal_mark: ","                  # "." or ","
patient_system: {constant: personnummer}
patient: {column: personnummer}
care_unit: {constant: SE0000000000-UNIT}
episode: {column: episode}
occasion: {column: occasion, values: {"T0": baseline, "T1": programme_end, "T2": follow_up_12_months}}
answered_on: {column: date, date: YYYY-MM-DD}
mode: {constant: paper}
missing:                           # cells that mean: no answer. Nothing is guessed, an empty cell neither
  "": left_blank
  "999": left_blank
forms:
`

const exampleForm = `    submission_id: {column: form_id}   # or {from: [study_id]}: a hash, with the unit, occasion and instrument
    when_blank: skip               # a row without any answer to this form: skip or store
`

// Package delivery makes what is handed over to a registry or a researcher: who
// gets it and how patients are named to them, which episodes and forms are in it,
// how a form becomes a typed row, and what has changed from one delivery to the
// next. It is pure: no store, no clock, no input or output.
//
// A delivery is made by a Plan, which says all that decides its content. The
// same plan over the same versions of the same forms gives the same rows:
//
//	tables, err := delivery.NewTables(plan, definitions)
//	for … { err = tables.Add(person, episode, submissions) }
//	… tables.Rows(), tables.Totals()
package delivery

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/painscore/painscore/server/registry"
)

// Recipient is who gets deliveries, as the site's configuration has it:
//
//	recipients:
//	  - id: nrs
//	    purpose: quality registry
//	    registry: nrs
//	    identity: personnummer
//	    delivered_by: [SE2321000131-1001]
//	    columns:
//	      - {variable: hads__anxiety, name: HADS_A}
//	      - {variable: sex, recode: {male: M, female: K}}
type Recipient struct {
	ID      string `yaml:"id" json:"id"`
	Purpose string `yaml:"purpose" json:"purpose"` // what it uses the data for
	// Registry is the code of the registry whose choice by the patient counts.
	Registry string `yaml:"registry" json:"registry"`
	// Identity says how patients are named; empty: Pseudonym.
	Identity Identity `yaml:"identity" json:"identity"`
	// DeliveredBy are the users (HSA-id) who may make its deliveries; empty:
	// every analyst. A recipient of identity numbers must name them.
	DeliveredBy []string `yaml:"delivered_by" json:"delivered_by,omitempty"`
	// Key is what its pseudonyms are made with; empty: ID. Another one makes
	// strangers of everybody it knows.
	Key string `yaml:"key" json:"key"`
	// Columns come first in each table, in this order, and may be renamed and
	// recoded. The others follow as they are, unless Only is set.
	Columns []Mapping `yaml:"columns" json:"columns,omitempty"`
	Only    bool      `yaml:"only" json:"only,omitempty"`
}

// Identity is how a recipient's patients are named.
type Identity string

// The identities.
const (
	Pseudonym    Identity = "pseudonym"
	Personnummer Identity = "personnummer"
)

// Mapping is how a recipient wants a column.
type Mapping struct {
	Variable string `yaml:"variable" json:"variable"` // its name in painscore, of a long file
	Name     string `yaml:"name" json:"name,omitempty"`
	// Recode replaces values, written as in a file ("1.5", "-99", "female").
	Recode map[string]string `yaml:"recode" json:"recode,omitempty"`
}

// wideRoom is what a wide file puts before a name: "b_".
const wideRoom = 2

var (
	recipientID = regexp.MustCompile(`^[a-z0-9]([a-z0-9_-]*[a-z0-9])?$`)
	columnName  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)
)

// Check fills in what may be left out and lists all that is wrong with the
// recipients of a site.
func Check(recipients []Recipient) error {
	var problems []error
	seen := map[string]bool{}
	for i := range recipients {
		r := &recipients[i]
		r.Identity, r.Key = cmp.Or(r.Identity, Pseudonym), cmp.Or(r.Key, r.ID)
		for _, text := range r.problems() {
			problems = append(problems, fmt.Errorf("recipients: %s: %s", strconv.Quote(r.ID), text))
		}
		if seen[r.ID] {
			problems = append(problems, fmt.Errorf("recipients: %s is there twice", strconv.Quote(r.ID)))
		}
		seen[r.ID] = true
	}
	return errors.Join(problems...)
}

func (r *Recipient) problems() (found []string) {
	add := func(wrong bool, format string, args ...any) {
		if wrong {
			found = append(found, fmt.Sprintf(format, args...))
		}
	}
	add(!recipientID.MatchString(r.ID) || len(r.ID) > 64, "id: lower-case letters, digits, _ and -, at most 64 of them")
	add(r.Purpose == "" || len(r.Purpose) > 200, "purpose: must be given, in at most 200 bytes")
	add(!recipientID.MatchString(r.Registry) || len(r.Registry) > 64, "registry: the code under which patients' choices are recorded must be given")
	add(r.Identity != Pseudonym && r.Identity != Personnummer, "identity: pseudonym or personnummer")
	add(r.Identity == Personnummer && len(r.DeliveredBy) == 0, "delivered_by: who may hand over identity numbers must be named")
	add(slices.Contains(r.DeliveredBy, ""), "delivered_by: an empty user")
	add(r.Only && len(r.Columns) == 0, "only: without columns nothing would be left")
	variables, names := map[string]bool{}, map[string]bool{}
	for _, c := range r.Columns {
		add(c.Variable == "" || variables[c.Variable], "columns: %s: a variable must be named, and once", strconv.Quote(c.Variable))
		add(c.Name != "" && (!columnName.MatchString(c.Name) || len(c.Name) > registry.NameLength-wideRoom),
			"columns: %s: name: a letter, then letters, digits and _, at most %d in all", strconv.Quote(c.Variable), registry.NameLength-wideRoom)
		add(c.Name != "" && names[c.Name], "columns: the name %s is given twice", strconv.Quote(c.Name))
		add(slices.Contains(keyColumns, c.Variable) && len(c.Recode) > 0, "columns: %s: recode: rows are told apart by it", c.Variable)
		variables[c.Variable], names[c.Name] = true, true
	}
	return found
}

// mapping is how the recipient wants a variable; place is where, -1 for none.
func (r *Recipient) mapping(variable string) (m Mapping, place int) {
	place = slices.IndexFunc(r.Columns, func(c Mapping) bool { return c.Variable == variable })
	if place >= 0 {
		m = r.Columns[place]
	}
	return m, place
}

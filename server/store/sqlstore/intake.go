package sqlstore

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/painscore/painscore/server/store"
)

// intake takes envelopes into a transaction: it plans one after another against
// the same facts and buffers their rows, which save then inserts together. Read
// by other statements before that, the tables do not hold them.
type intake struct {
	*transaction
	facts
	patients, identities, episodes, episodeVersions, submissions []row
}

// row is a row of a table, column by column; the key comes first.
type row []any

// takeIn stores the envelopes among the tasks.
func (t *transaction) takeIn(tasks []*task) *failure {
	var envelopes []*store.Envelope
	for _, one := range tasks {
		if one.envelope != nil {
			envelopes = append(envelopes, one.envelope)
		}
	}
	if len(envelopes) == 0 {
		return nil
	}
	in := &intake{transaction: t, facts: newFacts()}
	if err := in.prepare(envelopes); err != nil {
		return &failure{err: err}
	}
	for _, one := range tasks {
		if one.envelope == nil {
			continue
		}
		err := guard(func() (err error) {
			one.receipt, one.err, err = in.submit(one.envelope)
			return err
		})
		if err != nil {
			return &failure{err: err, culprit: one}
		}
	}
	if err := guard(in.save); err != nil {
		return &failure{err: err}
	}
	return nil
}

// prepare takes the counters of all units concerned, in order, so that two
// writers of the same units wait for each other instead of locking each other
// out, and then gathers the facts.
func (in *intake) prepare(envelopes []*store.Envelope) error {
	var units []string
	for _, e := range envelopes {
		units = append(units, e.Episode.CareUnit)
	}
	slices.Sort(units)
	if err := in.takeCounters(slices.Compact(units)); err != nil {
		return err
	}
	return in.gather(&in.facts, envelopes)
}

// takeCounters is counter for several units, in their order.
func (t *transaction) takeCounters(units []string) error {
	var wanted []any
	for _, unit := range units {
		if !slices.ContainsFunc(t.counters, func(c *counter) bool { return c.careUnit == unit }) {
			wanted = append(wanted, unit)
		}
	}
	return t.query(&t.sql.takeCounters, wanted, func(row scanner) error {
		c := &counter{}
		err := row.Scan(&c.careUnit, &c.last)
		c.saved = c.last
		t.counters = append(t.counters, c)
		return err
	})
}

// save inserts the rows, each table's by its key: neighbours then go to the
// same page.
func (in *intake) save() error {
	for _, table := range []struct {
		insert *many
		key    int // columns
		rows   []row
	}{
		{&in.sql.addPatients, 1, in.patients},
		{&in.sql.addIdentities, 1, in.identities},
		{&in.sql.addEpisodes, 2, in.episodes},
		{&in.sql.addEpisodeVersions, 2, in.episodeVersions},
		{&in.sql.addSubmissions, 7, in.submissions},
	} {
		slices.SortFunc(table.rows, func(a, b row) int { return slices.CompareFunc(a[:table.key], b[:table.key], compareKeys) })
		if err := in.insert(table.insert, slices.Concat(table.rows...)); err != nil {
			return err
		}
	}
	return nil
}

func compareKeys(a, b any) int {
	switch a := a.(type) {
	case string:
		return cmp.Compare(a, b.(string))
	case []byte:
		return bytes.Compare(a, b.([]byte))
	}
	return cmp.Compare(a.(int64), b.(int64))
}

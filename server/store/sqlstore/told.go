package sqlstore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"time"

	"github.com/painscore/painscore/server/store"
)

// toldStatements holds the text of the queries about what reports have told.
type toldStatements struct {
	toldStamp, takeTold, saveTold, stampTold string
	toldPopulations, addTold                 string
	toldNames, toldMembers, forgetTold       string
}

func newToldStatements(r func(string) string) toldStatements {
	return toldStatements{
		toldStamp: r(`SELECT stamp FROM told_reader WHERE reader = $1`),
		takeTold: r(`INSERT INTO told_reader (reader, stamp) VALUES ($1, 0)
			ON CONFLICT (reader) DO UPDATE SET stamp = told_reader.stamp RETURNING stamp`),
		saveTold:        r(`UPDATE told_reader SET stamp = $2 WHERE reader = $1`),
		stampTold:       r(`UPDATE told_reader SET stamp = stamp + 1`),
		toldPopulations: r(`SELECT members FROM told_population WHERE reader = $1 ORDER BY digest`),
		addTold: r(`INSERT INTO told_population (reader, digest, members, told_at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (reader, digest) DO NOTHING`),
		toldNames:   r(`SELECT reader, digest, told_at FROM told_population ORDER BY reader, digest`),
		toldMembers: r(`SELECT members FROM told_population WHERE reader = $1 AND digest = $2`),
		forgetTold:  r(`DELETE FROM told_population WHERE reader = $1 AND digest = $2`),
	}
}

// ToldTo returns what a reader has been told, after the stamp: what is added in
// between makes the stamp stale. A reader who is new is written down first, so
// that an erasure meanwhile moves the stamp.
func (s *Store) ToldTo(ctx context.Context, reader string) ([][]byte, int64, error) {
	if err := checkReader(reader); err != nil {
		return nil, 0, err
	}
	stamp, err := readOne(ctx, s, "stamp of a reader", scanValue[int64], s.sql.toldStamp, reader)
	if errors.Is(err, store.ErrNotFound) {
		err = s.write(ctx, "write down a reader", func(t *transaction) error {
			t.wrote = true
			_, err := t.read(t.sql.takeTold, []any{reader}, &stamp)
			return err
		}, repeatable)
	}
	if err != nil {
		return nil, 0, err
	}
	populations, err := readAll(ctx, s, "told populations", scanValue[[]byte], s.sql.toldPopulations, reader)
	return populations, stamp, err
}

// KeepTold adds populations to what a reader has been told.
func (s *Store) KeepTold(ctx context.Context, reader string, populations [][]byte, stamp int64, at time.Time) error {
	if err := checkReader(reader); err != nil {
		return err
	}
	for _, p := range populations {
		if len(p) == 0 || len(p)%store.ToldMember != 0 {
			return errors.New("sqlstore: a told population that is not whole")
		}
	}
	return s.write(ctx, "keep what was told", func(t *transaction) error {
		var stands int64
		if _, err := t.read(t.sql.takeTold, []any{reader}, &stands); err != nil {
			return err
		}
		if stands != stamp {
			return refuse(store.ErrStale)
		}
		if err := t.exec(t.sql.saveTold, reader, stamp+1); err != nil {
			return err
		}
		for _, p := range populations {
			if err := t.addTold(reader, p, moment(at)); err != nil {
				return err
			}
		}
		return nil
	})
}

func checkReader(reader string) error {
	if reader == "" {
		return errors.New("sqlstore: nobody to be told")
	}
	return checkTexts(reader)
}

func (t *transaction) addTold(reader string, members []byte, at int64) error {
	digest := sha256.Sum256(members)
	return t.exec(t.sql.addTold, reader, digest[:], members, at)
}

// toldName names a told population.
type toldName struct {
	reader string
	digest []byte
	at     int64
}

func scanToldName(row scanner, to *toldName) error {
	return row.Scan(&to.reader, &to.digest, &to.at)
}

// replaceTold puts one patient in the place of others in all that was told; with
// none in their place they are taken out. Populations are looked through one by
// one: an erasure is rare, and the memory of them may be large. Stamping comes
// first: it locks every reader, so that nothing is added meanwhile.
func (t *transaction) replaceTold(into string, keys ...string) error {
	if err := t.exec(t.sql.stampTold); err != nil {
		return err
	}
	gone := map[[8]byte]bool{}
	for _, key := range keys {
		gone[store.ToldPatient(key)] = true
	}
	names, err := readRows(t, scanToldName, t.sql.toldNames)
	if err != nil {
		return err
	}
	for _, name := range names {
		var members []byte
		if _, err := t.read(t.sql.toldMembers, []any{name.reader, name.digest}, &members); err != nil {
			return err
		}
		left, changed := replaceMembers(members, into, gone)
		if !changed {
			continue
		}
		if err := t.exec(t.sql.forgetTold, name.reader, name.digest); err != nil {
			return err
		}
		if len(left) > 0 {
			if err := t.addTold(name.reader, left, name.at); err != nil {
				return err
			}
		}
	}
	return nil
}

// replaceMembers returns members as they are without some patients, or with
// another one in their places.
func replaceMembers(members []byte, into string, gone map[[8]byte]bool) (left []byte, changed bool) {
	var kept [][]byte
	for m := range slices.Chunk(members, store.ToldMember) {
		if !gone[[8]byte(m[:8])] {
			kept = append(kept, m)
			continue
		}
		changed = true
		if into != "" {
			patient := store.ToldPatient(into)
			kept = append(kept, slices.Concat(patient[:], m[8:]))
		}
	}
	slices.SortFunc(kept, bytes.Compare)
	return slices.Concat(kept...), changed
}

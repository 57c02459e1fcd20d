package delivery

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/registry"
	"github.com/painscore/painscore/server/store"
)

// Row is a row of a table, typed by its columns.
type Row struct {
	Table   int      // place among the tables
	Numbers []int64  // of the numeric columns in their order, times ten to the column's decimals
	Texts   []string // of the others in their order
}

// Tables makes rows of episodes and counts them.
type Tables struct {
	List []Table

	plan    *Plan
	own     []func(*store.Episode) string // of the columns of episodes; nil for what tells rows apart
	tableOf map[string]int                // by instrument
	readers map[Version]*formReader
	rows    []int64
	chain   [sha256.Size]byte

	scores  []scoring.Score
	answers scoring.Answers
}

// Version names a version of an instrument.
type Version struct{ Instrument, Version string }

// NewTables lays out the tables of a plan: the episodes, then one for each
// instrument, in the plan's order. definition finds those that the plan names.
func NewTables(plan *Plan, definition func(Version) (*scoring.Instrument, bool)) (*Tables, error) {
	t := &Tables{plan: plan, tableOf: map[string]int{}, readers: map[Version]*formReader{}}
	var order []string
	versions := map[string][]*scoring.Instrument{}
	for _, d := range plan.Definitions {
		in, ok := definition(Version{d.Instrument, d.Version})
		if !ok || in.DefinitionHash() != d.DefinitionHash {
			return nil, fmt.Errorf("delivery: no definition %s %s with the hash it had", d.Instrument, d.Version)
		}
		if versions[d.Instrument] == nil {
			order = append(order, d.Instrument)
		}
		versions[d.Instrument] = append(versions[d.Instrument], in)
	}
	t.List = []Table{plan.tableOfEpisodes()}
	for _, instrument := range order {
		t.tableOf[instrument] = len(t.List)
		t.List = append(t.List, plan.tableOf(versions[instrument]))
	}
	for i := range t.List {
		if err := t.List[i].arrange(&plan.Recipient); err != nil {
			return nil, fmt.Errorf("delivery: recipient %s: %w", plan.Recipient.ID, err)
		}
	}
	for i := range t.List[0].Columns {
		t.own = append(t.own, episodeValue(t.List[0].Columns[i].Variable))
	}
	for _, instrument := range order {
		for _, in := range versions[instrument] {
			t.readers[Version{instrument, in.Version()}] = newFormReader(&t.List[t.tableOf[instrument]], in)
		}
	}
	t.rows = make([]int64, len(t.List))
	return t, nil
}

// Add makes the rows of one episode: its own, then one for each of its forms, in
// their order. person and episode are what the recipient knows them by.
func (t *Tables) Add(person, episode string, e *store.Episode, forms []store.Submission) ([]Row, error) {
	rows := make([]Row, 0, 1+len(forms))
	own := newRow(&t.List[0], 0)
	for i := range t.List[0].Columns {
		c := &t.List[0].Columns[i]
		if of := t.own[i]; of != nil {
			own.put(c, of(e))
			continue
		}
		text, _ := keyText(c.Variable, person, episode, nil)
		own.put(c, text)
	}
	rows = append(rows, own)
	for i := range forms {
		f := &forms[i]
		reader, ok := t.readers[Version{f.Instrument, f.InstrumentVersion}]
		if !ok {
			return nil, fmt.Errorf("delivery: a form of %s %s, which the plan does not name", f.Instrument, f.InstrumentVersion)
		}
		row := newRow(&t.List[t.tableOf[f.Instrument]], t.tableOf[f.Instrument])
		if err := t.read(reader, &row, person, episode, f); err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	t.count(rows)
	return rows, nil
}

// Rows says how many rows each table has got.
func (t *Tables) Rows() []int64 { return t.rows }

// Digest is a SHA-256, in hex, over all rows so far: over the digest of those of
// the episodes before and this one's rows, for each episode in turn.
func (t *Tables) Digest() string { return hex.EncodeToString(t.chain[:]) }

func (t *Tables) count(rows []Row) {
	body := append(make([]byte, 0, 4096), t.chain[:]...)
	for i := range rows {
		t.rows[rows[i].Table]++
		body = rows[i].append(body)
	}
	t.chain = sha256.Sum256(body)
}

// append writes a row so that no two differ and write the same.
func (r *Row) append(body []byte) []byte {
	body = binary.AppendUvarint(body, uint64(r.Table))
	body = binary.AppendUvarint(body, uint64(len(r.Numbers)))
	for _, n := range r.Numbers {
		body = binary.AppendVarint(body, n)
	}
	body = binary.AppendUvarint(body, uint64(len(r.Texts)))
	for _, text := range r.Texts {
		body = binary.AppendUvarint(body, uint64(len(text)))
		body = append(body, text...)
	}
	return body
}

func newRow(table *Table, at int) Row {
	return Row{Table: at, Numbers: make([]int64, 0, table.numbers), Texts: make([]string, 0, len(table.Columns)-table.numbers)}
}

// put adds the next column's value from its text; an empty number is left blank.
func (r *Row) put(c *Column, text string) {
	if c.texts {
		r.text(c, text)
		return
	}
	n, err := scaled(text, c.Decimals)
	if err != nil {
		r.missing(c, registry.LeftBlank)
		return
	}
	r.number(c, n)
}

func (r *Row) text(c *Column, text string) {
	if to, ok := c.recode[text]; ok {
		text = to
	}
	r.Texts = append(r.Texts, text)
}

func (r *Row) number(c *Column, n int64) {
	if c.recode != nil {
		for from, to := range c.recode {
			if is, _ := scaled(from, c.Decimals); is == n {
				n, _ = scaled(to, c.Decimals) // checkRecode has read both
				break
			}
		}
	}
	r.Numbers = append(r.Numbers, n)
}

// missing adds the code of a reason.
func (r *Row) missing(c *Column, reason registry.MissingReason) {
	code := registry.NotInVersion.Number(0)
	for _, m := range c.Missing {
		if m.Reason == reason {
			code = m.Code
		}
	}
	if c.texts {
		r.text(c, strconv.FormatInt(code, 10))
		return
	}
	r.number(c, code*power(c.Decimals))
}

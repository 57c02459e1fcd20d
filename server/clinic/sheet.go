package clinic

import (
	"context"
	"fmt"
	"slices"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/access"
)

// Sheet is one filled-in form of a named instrument.
type Sheet struct {
	Instrument string
	Version    string // empty: the active version
	scoring.Sheet
	Found []Problem // what the way in has already found wrong; listed with the rest
}

// Scored is a sheet with its scores.
type Scored struct {
	Instrument *scoring.Instrument
	Answers    scoring.Answers
	Result     scoring.Result
}

// Score scores a sheet and stores nothing. The value sets that the site has
// configured are used besides those the sheet names, so that Score foretells
// what Submit would keep. A sheet with problems gives an *InputError.
func (c *Clinic) Score(ctx context.Context, sheet Sheet) (_ *Scored, err error) {
	v, err := c.enter(ctx, access.ScoreCall)
	if err != nil {
		return nil, err
	}
	defer v.leave(ctx, &err)
	if _, err := c.site(ctx); err != nil {
		return nil, err
	}
	check := c.newChecker(sheet.Found)
	scored := c.score(check, "", sheet)
	if err := check.err(); err != nil {
		return nil, err
	}
	return scored, nil
}

// score reads and scores a sheet, or adds its problems below prefix and
// returns nil.
func (c *Clinic) score(check *checker, prefix string, sheet Sheet) *Scored {
	before := len(check.problems)
	if sheet.Instrument == "" {
		check.add(prefix+"instrument", Required, "must be given, such as hads")
		return nil
	}
	in, problem := c.instrument(sheet.Instrument, sheet.Version)
	if problem != nil {
		check.addAll(prefix, []Problem{*problem})
		return nil
	}
	tooMany := func(field string, n, limit int) bool {
		if n > limit {
			check.add(prefix+field, TooMany, fmt.Sprintf("at most %d", limit))
		}
		return n > limit
	}
	// A sheet far too long to be one is not looked at item by item.
	answers, positions := tooMany("answers", len(sheet.Answers), MaxAnswers), tooMany("positions", len(sheet.Positions), MaxAnswers)
	if sets := tooMany("value_sets", len(sheet.ValueSets), MaxValueSets); sets || answers || positions {
		return nil
	}
	asked := len(sheet.ValueSets)
	for _, set := range c.settings.ValueSets[in.ID()] {
		if !slices.Contains(sheet.ValueSets[:asked], set) {
			sheet.ValueSets = append(slices.Clip(sheet.ValueSets), set)
		}
	}
	scored := &Scored{Instrument: in}
	refused := in.Read(&sheet.Sheet, &scored.Answers)
	check.addAll(prefix, refused)
	// What the way in has found at the same place is not said twice, so that
	// the list need not have grown; the sheet is refused all the same.
	if len(refused) > 0 || len(check.problems) > before {
		return nil
	}
	in.Score(&scored.Answers, &scored.Result)
	return scored
}

// instrument finds a definition, or says what is wrong with its name.
func (c *Clinic) instrument(id, version string) (*scoring.Instrument, *Problem) {
	if in, ok := c.catalogue.Instrument(id, version); ok {
		return in, nil
	}
	if _, ok := c.catalogue.Instrument(id, ""); ok {
		return nil, &Problem{Field: "version", Reason: UnknownVersion, Description: "this instrument has no such version; ListInstruments names them"}
	}
	return nil, &Problem{Field: "instrument", Reason: UnknownInstrument, Description: "no such instrument; ListInstruments names them"}
}

// ActiveInstruments lists the active version of each instrument, by id.
func (c *Clinic) ActiveInstruments(ctx context.Context) (_ []*scoring.Instrument, err error) {
	v, err := c.enter(ctx, access.GetServerInfoCall)
	if err != nil {
		return nil, err
	}
	defer v.leave(ctx, &err)
	if _, err := c.site(ctx); err != nil {
		return nil, err
	}
	return c.catalogue.Active(), nil
}

// Instruments is ActiveInstruments by the page.
func (c *Clinic) Instruments(ctx context.Context, page Page) (_ []*scoring.Instrument, _ string, err error) {
	v, err := c.enter(ctx, access.ListInstrumentsCall)
	if err != nil {
		return nil, "", err
	}
	defer v.leave(ctx, &err)
	check := c.newChecker(nil)
	after := page.after(check, "instruments")
	if err := check.err(); err != nil {
		return nil, "", err
	}
	list, err := c.ActiveInstruments(ctx)
	if err != nil {
		return nil, "", err
	}
	for len(list) > 0 && list[0].ID() <= after {
		list = list[1:]
	}
	if limit := page.limit(); len(list) > limit {
		return list[:limit], pageToken("instruments", list[limit-1].ID()), nil
	}
	return list, "", nil
}

// Definition is one version of an instrument with what the site makes of it.
type Definition struct {
	*scoring.Instrument
	Active     bool
	Configured map[string]bool // value sets that every sheet gets an index by
	File       []byte          // the definition file whose hash is the definition hash
}

// Instrument returns one version of an instrument, the active one for an
// empty version. An unknown name gives an *InputError.
func (c *Clinic) Instrument(ctx context.Context, id, version string) (_ Definition, err error) {
	v, err := c.enter(ctx, access.GetInstrumentCall)
	if err != nil {
		return Definition{}, err
	}
	defer v.leave(ctx, &err)
	check := c.newChecker(nil)
	check.id("instrument", id)
	check.code("version", version)
	if err := check.err(); err != nil {
		return Definition{}, err
	}
	if _, err := c.site(ctx); err != nil {
		return Definition{}, err
	}
	in, problem := c.instrument(id, version)
	if problem != nil {
		return Definition{}, &InputError{Problems: []Problem{*problem}}
	}
	active, _ := c.catalogue.Instrument(id, "")
	definition := Definition{Instrument: in, Active: active.Version() == in.Version(), Configured: map[string]bool{}}
	definition.File, _ = c.catalogue.Content(in.DefinitionHash())
	for _, set := range c.settings.ValueSets[id] {
		definition.Configured[set] = true
	}
	return definition, nil
}

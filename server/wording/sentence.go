package wording

import (
	"strings"

	"github.com/painscore/painscore/scoring"
)

// ChangeTold is one change with all that a sentence about it needs.
type ChangeTold struct {
	Instrument, Scale string // codes
	Title             string // the definition's own, said for a site's scale

	From, To           string         // occasions by code: baseline, programme_end, follow_up_12_months, other
	FromLabel, ToLabel string         // what an "other" occasion is called
	FromScore, ToScore *scoring.Score // nil where the occasion has no form
	BaselineMissing    bool           // the episode has no baseline

	Change    *scoring.Change       // nil where a score is
	Judgement *scoring.Judgement    // nil where nothing was judged
	Crossed   scoring.Crossed       // bands and flags
	Paretian  scoring.ParetianClass // between two EQ-5D profiles
}

// Sentence tells a change in one plain sentence that can be read aloud to a
// patient or a colleague. It describes and does not advise. Whether a change
// matters and whether it is more than measurement error are said apart, and
// improvement and worsening are said only of a change that reaches its minimal
// clinically important difference.
func (l Language) Sentence(c ChangeTold) string {
	t := telling{l, &c}
	var clauses []string
	switch {
	case c.BaselineMissing && c.From == baseline && c.FromScore == nil && c.ToScore != nil:
		clauses = []string{t.state(c.ToScore, c.To, c.ToLabel), t.say("no_beginning")}
	case c.FromScore == nil || c.ToScore == nil || c.Change == nil:
		clauses = []string{t.notCompared("")}
	case c.Paretian != "":
		clauses = t.profiles()
	case !c.Change.Comparable:
		clauses = []string{t.notCompared(c.Change.Reason)}
	default:
		clauses = t.compared()
	}
	return t.subject() + " " + strings.Join(clauses, "; ") + "."
}

// baseline is the occasion whose absence leaves a trend without a beginning.
const baseline = "baseline"

// telling is one change on its way into words.
type telling struct {
	l Language
	c *ChangeTold
}

func (t telling) say(key string, args ...any) string { return t.l.fill(told, key, args...) }

// subject names the scale so that it can be heard: what it measures, and the
// instrument that a colleague knows it by. An index names its value set, since
// another set gives other numbers.
func (t telling) subject() string {
	c := t.c
	for _, key := range []string{c.Instrument + "." + c.Scale, anyEQ5D(c.Instrument) + c.Scale} {
		if p, ok := spokenScales[key]; ok {
			return t.l.of(p)
		}
	}
	name := strings.TrimLeft(t.l.Scale(c.Instrument, c.Scale, c.Title), "0123456789. ") // WAI's dimensions are numbered
	if _, ours := instruments[c.Instrument]; !ours {
		return name
	}
	by := t.l.Instrument(c.Instrument, "")
	for _, score := range []*scoring.Score{c.FromScore, c.ToScore} {
		if score != nil && score.ValueSet != "" {
			by += ", " + t.l.ValueSet(score.ValueSet)
			break
		}
	}
	return name + " (" + by + ")"
}

// at is an occasion as an adverbial, such as "at baseline".
func (t telling) at(occasion, label string) string {
	at := t.l.look(spokenOccasions, occasion, occasion)
	if label != "" && occasion == "other" {
		at += " (" + label + ")"
	}
	return at
}

func (t telling) score(s *scoring.Score) string {
	if s.Outcome == scoring.Profiled {
		return s.Text() // the digits of a profile are no number
	}
	return t.l.Number(s.Text())
}

// state is what one occasion alone has to tell, such as "was 8 at baseline".
func (t telling) state(s *scoring.Score, occasion, label string) string {
	at := t.at(occasion, label)
	switch {
	case s == nil:
		return t.say("state.no_form", at)
	case s.Outcome == scoring.Refused:
		return t.say("state.refused", at, t.l.Refusal(s.Refusal.Reason))
	}
	return t.say("state.score", t.score(s), at)
}

// notCompared tells both occasions side by side and why there is no difference.
func (t telling) notCompared(reason scoring.NotComparableReason) string {
	c := t.c
	text := t.bothStates()
	switch {
	case reason == "" || reason == scoring.RefusedScore:
		return text + t.say("nothing_to_compare")
	case reason == scoring.DifferentDenominator:
		return text + t.say("denominators", c.FromScore.Expected, c.ToScore.Expected)
	}
	return text + t.say("cannot_compare", t.l.NotComparable(reason))
}

func (t telling) bothStates() string {
	c := t.c
	from, to := t.at(c.From, c.FromLabel), t.at(c.To, c.ToLabel)
	if c.FromScore != nil && c.ToScore != nil {
		a, b := c.FromScore, c.ToScore
		switch aRefused, bRefused := a.Outcome == scoring.Refused, b.Outcome == scoring.Refused; {
		case !aRefused && !bRefused:
			return t.say("was", t.score(a), from, t.score(b), to)
		case aRefused && bRefused && a.Refusal.Reason == b.Refusal.Reason:
			return t.say("state.refused_both", from, to, t.l.Refusal(a.Refusal.Reason))
		}
	}
	return t.say("both", t.state(c.FromScore, c.From, c.FromLabel), t.state(c.ToScore, c.To, c.ToLabel))
}

// profiles tells the change of an EQ-5D profile by its areas. The Paretian
// class says which way the areas went and nothing of how much that matters.
func (t telling) profiles() []string {
	c := t.c
	from, to := t.score(c.FromScore), t.score(c.ToScore)
	went := t.say("went", from, t.at(c.From, c.FromLabel), to, t.at(c.To, c.ToLabel))
	if from == to {
		went = t.say("was", from, t.at(c.From, c.FromLabel), to, t.at(c.To, c.ToLabel))
	}
	clauses := []string{went + ": " + t.l.Paretian(c.Paretian)}
	if c.Paretian != scoring.NoChange && c.Paretian != scoring.NoProblems {
		clauses = append(clauses, t.say("paretian.limit"))
	}
	return clauses
}

// compared tells a difference: the scores, which way and how far, then the two
// verdicts, then the band.
func (t telling) compared() []string {
	c := t.c
	from, to := t.score(c.FromScore), t.score(c.ToScore)
	if from == to && !hasDigits(c.Change.Text()) {
		same := t.say("was", from, t.at(c.From, c.FromLabel), to, t.at(c.To, c.ToLabel)) + t.say("same")
		return append([]string{same}, t.circumstances()...)
	}
	went := t.say("went", from, t.at(c.From, c.FromLabel), to, t.at(c.To, c.ToLabel)) + ", " + t.amount()
	tail, verdicts := t.verdicts()
	clauses := append([]string{went + tail}, verdicts...)
	return append(append(clauses, t.circumstances()...), t.crossings()...)
}

// amount is how far a score went and in which direction, such as "2 points or
// 28.6 percent lower".
func (t telling) amount() string {
	size := strings.TrimLeft(t.c.Change.Text(), "+-")
	amount := t.l.Number(size)
	if !unitless[t.c.Instrument+"."+t.c.Scale] && !unitless[anyEQ5D(t.c.Instrument)+t.c.Scale] {
		amount = t.say("points", amount)
		if size == "1" {
			amount = t.say("point", t.l.Number(size))
		}
	}
	if j := t.c.Judgement; j != nil && j.Percent.Valid() {
		amount = t.say("percent", amount, t.l.Number(string(j.Percent.AppendDecimal(nil, 1))))
	}
	if t.c.Change.Difference.Num > 0 {
		return t.say("higher", amount)
	}
	return t.say("lower", amount)
}

// hasDigits reports whether a printed difference is anything but zero.
func hasDigits(decimal string) bool { return strings.ContainsAny(decimal, "123456789") }

// circumstances are what a listener must know of how the scores came about.
func (t telling) circumstances() []string {
	var clauses []string
	if t.c.Change.Prorated {
		which := "prorated.both"
		switch {
		case !t.c.ToScore.Prorated:
			which = "prorated.first"
		case !t.c.FromScore.Prorated:
			which = "prorated.second"
		}
		clauses = append(clauses, t.say(which))
		if j := t.c.Judgement; j != nil && j.Error.Reason == scoring.WithheldProrated {
			clauses[0] += t.say("error.prorated")
		}
	}
	if t.c.Change.InstrumentSwitched {
		clauses = append(clauses, t.say("switched"))
	}
	return clauses
}

// crossings tells the band that was left and the one that was reached, or,
// where no band was crossed, the flags: a flag often stands at a band's edge,
// and saying both says one thing twice.
func (t telling) crossings() []string {
	c := t.c
	if c.Crossed.FromBand != c.Crossed.ToBand && c.Crossed.FromBand != "" && c.Crossed.ToBand != "" {
		return []string{t.say("band", t.l.Band(c.Instrument, c.Crossed.FromBand), t.l.Band(c.Instrument, c.Crossed.ToBand))}
	}
	var clauses []string
	for _, flag := range c.Crossed.Raised {
		clauses = append(clauses, t.say("flag.raised", t.l.Flag(c.Instrument, flag)))
	}
	for _, flag := range c.Crossed.Cleared {
		clauses = append(clauses, t.say("flag.cleared", t.l.Flag(c.Instrument, flag)))
	}
	return clauses
}

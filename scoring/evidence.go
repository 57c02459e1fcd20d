package scoring

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
)

// Norm is an interval of change, published or a site's own, in points of the
// scale; Low equals High where one number is known.
type Norm struct {
	Low, High  Exact
	Name       string   // of a site's own norm; empty for a published one
	Date       string   // from which a site's own norm holds, YYYY-MM-DD
	Sources    []string // codes of the definition's sources, or a site's own words
	Known      Known
	Population string
	Found      string
	OverAYear  bool // found over one year
	Borrowed   bool // found in another condition than pain
	// EarlierAtMost and EarlierAbove limit the norm by the earlier score; Den 0: no limit.
	EarlierAtMost, EarlierAbove Exact
}

// Evidence is what decides about the changes of one scale: the definition's
// published thresholds, or a site's own where it has them. The zero Evidence
// establishes nothing.
type Evidence struct {
	MCID    []Norm // minimal clinically important difference
	SDC     []Norm // smallest detectable change, 95 %
	Percent *PercentRule
	Hash    string // identifies all of the above; a printed verdict can be explained by it
}

// PeriodOneYear marks a threshold that was found over one year.
const PeriodOneYear = "one_year"

// PercentRule classifies a reduction in percent of the earlier score.
type PercentRule struct {
	Source  string         `yaml:"source"`
	Known   Known          `yaml:"known"`
	Classes []PercentClass `yaml:"classes"` // in rising order
}

// PercentClass is a class of reductions of at least From percent.
type PercentClass struct {
	Code string `yaml:"code"`
	From int    `yaml:"from"`
}

// EvidenceOf reads the published thresholds of a scale. A descriptive scale
// and a profile have none.
func (in *Instrument) EvidenceOf(scale string) Evidence {
	info, ok := in.Scale(scale)
	if !ok || info.Def.Change == nil {
		return Evidence{}
	}
	change := info.Def.Change
	e := Evidence{MCID: published(change.MCID), SDC: published(change.SDC), Percent: change.Percent}
	return e.hashed()
}

func published(list []Threshold) []Norm {
	norms := make([]Norm, len(list))
	for i, t := range list {
		norms[i] = Norm{
			Low: exactly(t.Low), High: exactly(t.High), Sources: t.Sources, Known: t.Known, Population: t.Population, Found: t.Found,
			OverAYear: t.Period == PeriodOneYear, Borrowed: t.Borrowed, EarlierAtMost: exactly(t.EarlierAtMost), EarlierAbove: exactly(t.EarlierAbove),
		}
	}
	return norms
}

// exactly reads a decimal that Compile has accepted.
func exactly(d Decimal) Exact {
	if d == "" {
		return Exact{}
	}
	e, err := d.Exact()
	if err != nil {
		panic("scoring: a compiled definition holds a decimal that is none")
	}
	return e
}

// With lays a site's own norms over the published ones: where a site has an
// MCID or an SDC of its own, the published one does not decide.
func (e Evidence) With(mcid, sdc []Norm) Evidence {
	if len(mcid) > 0 {
		e.MCID = mcid
	}
	if len(sdc) > 0 {
		e.SDC = sdc
	}
	return e.hashed()
}

func (e Evidence) hashed() Evidence {
	var text strings.Builder
	write := func(kind string, norms []Norm) {
		for _, n := range norms {
			parts := append([]string{kind, n.Low.exactText(), n.High.exactText(), n.EarlierAtMost.exactText(), n.EarlierAbove.exactText(),
				strconv.FormatBool(n.Borrowed), strconv.FormatBool(n.OverAYear), string(n.Known), n.Name, n.Date, n.Population, n.Found}, n.Sources...)
			for _, p := range parts {
				text.WriteString(strconv.Quote(p) + " ")
			}
			text.WriteByte('\n')
		}
	}
	text.WriteString("painscore evidence 1\n")
	write("mcid", e.MCID)
	write("sdc", e.SDC)
	if e.Percent != nil {
		for _, c := range e.Percent.Classes {
			text.WriteString("percent " + strconv.Quote(c.Code) + " " + strconv.Itoa(c.From) + "\n")
		}
	}
	sum := sha256.Sum256([]byte(text.String()))
	e.Hash = hex.EncodeToString(sum[:])
	return e
}

func (e Exact) exactText() string {
	return strconv.FormatInt(e.Num, 10) + "/" + strconv.FormatInt(e.Den, 10)
}

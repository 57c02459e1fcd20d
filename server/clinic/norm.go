package clinic

import (
	"fmt"
	"math"
	"math/big"
	"strings"

	"github.com/painscore/painscore/scoring"
)

// Norm is how large a change of one scale must be by a unit's own finding or
// choice. Where a unit has one it decides instead of the published one, and
// its name, date and source are shown with the verdict. The definition's text
// of the same scale stays as it is.
type Norm struct {
	Instrument string    `json:"instrument"`
	Scale      string    `json:"scale"`
	ValueSet   string    `json:"value_set,omitempty"` // of an index, which has no norm without one
	Basis      NormBasis `json:"basis"`
	// Low and High are the interval, in points of the scale; equal where one
	// number is known. With SDCFromReliability the server sets them.
	Low  scoring.Decimal `json:"low,omitempty"`
	High scoring.Decimal `json:"high,omitempty"`
	// SD and Reliability are given with SDCFromReliability only.
	SD          scoring.Decimal `json:"sd,omitempty"`
	Reliability scoring.Decimal `json:"reliability,omitempty"`
	Name        string          `json:"name"`
	Date        string          `json:"date"`
	Source      string          `json:"source"`
	Population  string          `json:"population"`
	OverAYear   bool            `json:"over_a_year,omitempty"` // found over one year
	Borrowed    bool            `json:"borrowed,omitempty"`    // not found in pain
}

// NormBasis says what a norm is made of.
type NormBasis string

// The bases. An SDC, computed or given, decides whether a change is beyond
// measurement error; an MCID whether it matters.
const (
	MCIDInterval       NormBasis = "mcid"
	SDCInterval        NormBasis = "sdc"
	SDCFromReliability NormBasis = "sd_and_reliability"
)

// verdict names which of the two verdicts a norm decides.
type verdict string

const (
	mcid verdict = "mcid"
	sdc  verdict = "sdc"
)

func (n *Norm) of() normOf {
	of := normOf{instrument: n.Instrument, scale: n.Scale, valueSet: n.ValueSet, verdict: sdc}
	if n.Basis == MCIDInterval {
		of.verdict = mcid
	}
	return of
}

// settingName is the norm's name among the settings, such as hads/anxiety/sdc:
// a scale has at most one norm for each verdict.
func (n *Norm) settingName() string {
	of := n.of()
	parts := []string{of.instrument, of.scale, of.valueSet, string(of.verdict)}
	if of.valueSet == "" {
		parts = []string{of.instrument, of.scale, string(of.verdict)}
	}
	return strings.Join(parts, "/")
}

// scoring is the norm as the engine takes it. It must have been checked.
func (n *Norm) scoring() scoring.Norm {
	low, _ := n.Low.Exact()
	high, _ := n.High.Exact()
	out := scoring.Norm{
		Low: low, High: high, Name: n.Name, Date: n.Date, Sources: []string{n.Source}, Population: n.Population,
		OverAYear: n.OverAYear, Borrowed: n.Borrowed,
	}
	if n.Basis == SDCFromReliability {
		out.Found = fmt.Sprintf("1.96·√2·SD·√(1−r), SD %s, r %s", n.SD, n.Reliability)
	}
	return out
}

// checkNorm checks a norm, and computes the SDC where it is to be computed.
func (c *Clinic) checkNorm(check *checker, n *Norm) {
	span, decimals := c.checkNormScale(check, n)
	switch n.Basis {
	case MCIDInterval, SDCInterval:
		checkInterval(check, "norm."+string(n.Basis), n, span)
	case SDCFromReliability:
		computeSDC(check, n, span, decimals)
	default:
		check.add("norm.threshold", Required, "an MCID, an SDC, or a standard deviation and a reliability")
	}
	required := func(field, value string, limit int) {
		if value == "" {
			check.add("norm."+field, Required, "must be given; it is shown wherever the norm decides")
		}
		check.text("norm."+field, value, limit)
	}
	required("name", n.Name, MaxIDLength)
	required("date", n.Date, MaxTextLength)
	check.date("norm.date", n.Date, true)
	required("source", n.Source, MaxTextLength)
	required("population", n.Population, MaxTextLength)
}

// sdcDecimals is how many decimals a computed SDC has, but for an index, whose
// points are small: there it is as many as the index has.
const sdcDecimals = 2

// checkNormScale checks which scale is meant and returns the distance from its
// lowest to its highest score, Den 0 where the scale is not known, and the
// decimals of a computed SDC.
func (c *Clinic) checkNormScale(check *checker, n *Norm) (span scoring.Exact, decimals int8) {
	decimals = sdcDecimals
	if n.Instrument == "" {
		check.add("norm.instrument", Required, "must be given, such as hads")
		return span, decimals
	}
	in, problem := c.instrument(n.Instrument, "")
	if problem != nil {
		check.addAll("norm.", []Problem{*problem})
		return span, decimals
	}
	if n.Scale == "" {
		check.add("norm.scale", Required, "must be given, such as anxiety")
		return span, decimals
	}
	scale, ok := in.Scale(n.Scale)
	if !ok {
		check.add("norm.scale", UnknownScale, "the active version of the instrument has no such scale; GetInstrument names them")
		return span, decimals
	}
	if !judged(scale) {
		check.add("norm.scale", ScaleNotJudged, "a descriptive scale or a profile gets no verdict on change")
		return span, decimals
	}
	if scale.Kind != scoring.KindIndex {
		if n.ValueSet != "" {
			check.add("norm.value_set", BadFormat, "only with an index")
		}
		return scale.Highest.Sub(scale.Lowest), decimals
	}
	if n.ValueSet == "" {
		check.add("norm.value_set", Required, "must be given with an index: what is a large change by one value set is a small one by another")
		return span, decimals
	}
	set, ok := in.ValueSet(n.ValueSet)
	if !ok {
		check.add("norm.value_set", scoring.ReasonUnknownValueSet, "the instrument has no such value set; GetInstrument names them")
		return span, decimals
	}
	return set.Highest().Sub(set.Lowest()), set.Decimals()
}

// number reads a decimal above 0 and not above limit, if there is a limit. It
// returns no number after a problem.
func (c *checker) number(field string, d scoring.Decimal, limit scoring.Exact) scoring.Exact {
	if d == "" {
		c.add(field, Required, "must be given, as a decimal such as 2.5")
		return scoring.Exact{}
	}
	e, err := d.Exact()
	switch {
	case err != nil:
		c.add(field, BadFormat, "a decimal such as 2.5, at most 9 digits on either side of the point")
	case e.Num <= 0:
		c.add(field, OutOfRange, "above 0")
	case limit.Valid() && e.Cmp(limit) > 0:
		c.add(field, OutOfRange, "at most "+limit.String()+", the distance from the scale's lowest to its highest score")
	default:
		return e
	}
	return scoring.Exact{}
}

func checkInterval(check *checker, field string, n *Norm, span scoring.Exact) {
	low, high := check.number(field+".low", n.Low, span), check.number(field+".high", n.High, span)
	if low.Valid() && high.Valid() && low.Cmp(high) > 0 {
		check.add(field+".high", OutOfRange, "at or above low")
	}
	n.SD, n.Reliability = "", ""
}

func computeSDC(check *checker, n *Norm, span scoring.Exact, decimals int8) {
	const field = "norm.sd_and_reliability."
	n.Low, n.High = "", ""
	sd := check.number(field+"sd", n.SD, span)
	r, err := n.Reliability.Exact()
	switch {
	case n.Reliability == "":
		check.add(field+"reliability", Required, "must be given, as a decimal such as 0.83")
		return
	case err != nil:
		check.add(field+"reliability", BadFormat, "a decimal such as 0.83, at most 9 digits on either side of the point")
		return
	case r.Num < 0 || r.Cmp(scoring.Whole(1)) >= 0:
		check.add(field+"reliability", OutOfRange, "at least 0 and below 1: a measurement without any error has no smallest detectable change")
		return
	case !sd.Valid():
		return
	}
	computed := sdcOf(sd, r, decimals)
	printed := string(computed.AppendDecimal(nil, decimals))
	if computed.Num == 0 || span.Valid() && computed.Cmp(span) > 0 {
		check.add(field+"sd", OutOfRange, "gives an SDC of "+printed+" points, which is none or more than the scale has")
		return
	}
	n.Low, n.High = scoring.Decimal(printed), scoring.Decimal(printed)
}

// sdcOf is 1.96·√2·SD·√(1−r), rounded once to some decimals, half away from
// zero. So printed it is compared, and a reader who reckons with the printed
// number comes to the same verdict.
//
// x = 1.96·√2·SD·√(1−r) is irrational, but its square is not. The whole number
// nearest to 10ᵈ·x is the greatest n with n − ½ ≤ 10ᵈ·x, which is to say with
// 2n − 1 ≤ √(4·10²ᵈ·x²); as 2n − 1 is whole, that root may be cut off.
func sdcOf(sd, r scoring.Exact, decimals int8) scoring.Exact {
	s, rel := big.NewRat(sd.Num, sd.Den), big.NewRat(r.Num, r.Den)
	scale := int64(math.Pow10(int(decimals)))
	square := new(big.Rat).Sub(big.NewRat(1, 1), rel)
	square.Mul(square, s).Mul(square, s)
	square.Mul(square, big.NewRat(2*196*196, 100*100)) // 1.96² · 2
	square.Mul(square, big.NewRat(4*scale*scale, 1))
	whole := new(big.Int).Quo(square.Num(), square.Denom())
	root := whole.Sqrt(whole).Int64()
	return scoring.Fraction((root+1)/2, scale)
}

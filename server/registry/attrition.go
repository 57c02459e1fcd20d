package registry

import "math"

// AttritionRow compares the baseline of those whose 12-month form came with
// that of those whose did not, among those whose time for it is over: what a
// follow-up tells is only as good as who answers it.
type AttritionRow struct {
	Unit                        string
	Instrument, Scale, ValueSet string
	With, Without               Summary
	// Difference is mean with − mean without, and Standardised the same divided
	// by the SD of both together (pooled, n − 2 below the line).
	Difference   Figure
	Standardised Figure
	counts       [2]tally
}

// attritionKey names a row of the table.
type attritionKey struct {
	unit string
	row  int
}

// attritionTally holds the baselines without (0) and with (1) a 12-month form.
type attritionTally [2]tally

func (g *groupTally) addAttrition(b *Builder, c *Case, read *reading) {
	if !read.followUpDue {
		return
	}
	which := 0
	if read.answered[2] {
		which = 1
	}
	for i := range b.rows {
		score := &read.scores[i][0]
		if score.reason != "" || b.rows[i].isProfile() {
			continue
		}
		key := attritionKey{c.Episode.CareUnit, i}
		if g.attrition[key] == nil {
			g.attrition[key] = &attritionTally{tally{}, tally{}}
		}
		g.attrition[key][which][microOf(score.score)]++
	}
}

func (t *attritionTally) row(unit string, r *row) AttritionRow {
	out := AttritionRow{
		Unit: unit, Instrument: r.instrument, Scale: r.rowKey.scale, ValueSet: r.valueSet,
		With: t[1].summary(), Without: t[0].summary(), counts: *t,
	}
	out.Difference, out.Standardised = difference(out.With, out.Without)
	return out
}

// difference is the distance between two means, as it is and standardised.
func difference(a, b Summary) (plain, standardised Figure) {
	for _, mean := range []Figure{a.Mean, b.Mean} {
		if mean.Reason != "" {
			return mean, mean
		}
	}
	plain = figure(a.Mean.Value - b.Mean.Value)
	for _, sd := range []Figure{a.SD, b.SD} {
		if sd.Reason != "" {
			return plain, sd
		}
	}
	n, m := float64(a.N.N), float64(b.N.N)
	pooled := ((n-1)*a.SD.Value*a.SD.Value + (m-1)*b.SD.Value*b.SD.Value) / (n + m - 2)
	return plain, divided(plain, figure(math.Sqrt(pooled)))
}

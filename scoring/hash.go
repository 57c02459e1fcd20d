package scoring

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// scoringHash is the SHA-256 over a canonical text of what can change a number
// once the answers are known by item: ranges, keys, reversals, weights, tables,
// missing-items and not-applicable rules, decimals. Items and scales are sorted
// by code, so reordering a file changes nothing. Layouts and codings are left
// out – they say how a form is read, and stored answers are by item – as are
// value sets, which every index names itself, and bands, flags, sources and
// titles.
func scoringHash(in *Instrument) string {
	var b strings.Builder
	fmt.Fprintf(&b, "painscore scoring 1\ninstrument %s\n", in.ID())
	items := slices.Clone(in.items)
	slices.SortFunc(items, func(x, y compiledItem) int { return cmp.Compare(x.code, y.code) })
	for _, it := range items {
		fmt.Fprintf(&b, "item %s %d %d %v not_applicable=%t\n", it.code, it.min, it.max, it.values, it.notApplicable)
		if t := it.typed; t != nil { // nothing is scored with it, but an answer of one type is not one of another
			fmt.Fprintf(&b, " type %s %d %q %s %s %d\n", t.kind, t.decimals, t.codes, t.earliest, t.latest, t.longest)
		}
	}
	order := make([]int, len(in.scales))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(in.scales[i].code, in.scales[j].code) })
	for _, i := range order {
		in.writeScale(&b, &in.scales[i])
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:])
}

func (in *Instrument) writeScale(b *strings.Builder, sc *compiledScale) {
	fmt.Fprintf(b, "scale %s %s missing=%s/%d shrinks=%t decimals=%d den=%d threshold=%d\n",
		sc.code, sc.kind, sc.rule, sc.atLeast, sc.shrinks, sc.decimals, sc.den, sc.threshold)
	in.writeTerms(b, sc, sc.terms)
	if sc.chooser >= 0 {
		fmt.Fprintf(b, " by %s\n", in.items[sc.chooser].code)
	}
	for _, k := range sc.cases {
		fmt.Fprintf(b, " at %d\n", k.value)
		in.writeTerms(b, sc, k.terms)
	}
	for _, s := range sc.steps {
		fmt.Fprintf(b, " step %d %d\n", s.from, s.points)
	}
	var parts []string
	for _, p := range sc.parts {
		parts = append(parts, in.scales[p].code)
	}
	slices.Sort(parts)
	fmt.Fprintf(b, " parts %v\n", parts)
}

// writeTerms writes the terms sorted by item, but in their own order where that
// is what the scale shows or looks up.
func (in *Instrument) writeTerms(b *strings.Builder, sc *compiledScale, terms []term) {
	terms = slices.Clone(terms)
	if sc.numeric() {
		slices.SortFunc(terms, func(x, y term) int { return cmp.Compare(in.items[x.item].code, in.items[y.item].code) })
	}
	for _, t := range terms {
		fmt.Fprintf(b, " term %s %d %d\n", in.items[t.item].code, t.weight, t.base)
	}
}

package registry

import "testing"

// BenchmarkAdd is one episode with nine instruments at up to three occasions,
// into one group of each care level.
func BenchmarkAdd(b *testing.B) {
	s := newSynthetic(b, 1, "hads", "isi", "pcs", "nprs", "cpaq_8", "lisat_11", "eq_5d_5l", "wai", "tsk_17")
	var cases []Case
	for n := range 500 {
		cases = append(cases, s.patient(n))
	}
	_, knowledge := catalogueOf(b)
	builder, err := NewBuilder(Request{AsOf: "2026-01-01"}, knowledge)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := builder.Add(cases[i%len(cases)]); err != nil {
			b.Fatal(err)
		}
	}
}

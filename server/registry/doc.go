// Package registry makes numbers about groups of patients that can be defended:
// the group report, its suppression for readers outside the clinic, and the
// codebook and variable names of a delivery. It is pure: no store, no clock, no
// input or output.
//
// A report is made in one pass. Hand a Builder one episode after the other,
// each with the live forms that the store holds of it, in any order – the store
// keeps an episode's forms together, so it reads each row once – and take the
// Report at the end:
//
//	b, err := registry.NewBuilder(request, knowledge)
//	for … { err = b.Add(registry.Case{Episode: e, Forms: submissions}) }
//	report := b.Report()
//	outside, told, err := report.Suppress(registry.DefaultThreshold, earlier)
//
// Nothing is kept of a form but counts of values, of which a scale has a few
// dozen, so memory does not grow with the number of forms. What does grow is
// the population, some 40 bytes for each episode in each group: it is needed to
// refuse a report that differs from an earlier one by a handful of people.
//
// Whether two scores may be compared, and what a change means, is decided by
// scoring.Compare and scoring.Evidence, as for a single patient's trend.
package registry

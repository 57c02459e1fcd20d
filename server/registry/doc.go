// Package registry makes numbers about groups of patients that can be defended:
// the group report, its suppression for readers outside the clinic, and the
// codebook of a delivery. It is pure: no store, no clock, no input or output.
package registry

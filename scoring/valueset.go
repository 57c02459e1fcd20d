package scoring

// ValueSet turns EQ-5D states into index values. It is immutable and safe for
// concurrent use.
type ValueSet struct {
	def             *ValueSetDefinition
	items           []string
	levels          int
	table           []int32 // index of each state in units of 1e-6; the first dimension varies slowest
	lowest, highest int32
}

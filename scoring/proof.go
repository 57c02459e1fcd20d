package scoring

// AppendUsed appends to dst the codes of the items that a scale's score rests
// on: those of its items that were answered, in the definition's order. What
// is missing stands in the score itself, as Imputed or in its Refusal.
func (in *Instrument) AppendUsed(dst []string, scale string, answers *Answers) []string {
	var wanted []string
	for i := range in.scaleInfo {
		if in.scaleInfo[i].Code == scale {
			wanted = in.scaleInfo[i].Items
			break
		}
	}
	// Both lists follow the definition's order, so one walk finds all.
	for i := range in.items {
		if len(wanted) == 0 {
			break
		}
		if in.items[i].code != wanted[0] {
			continue
		}
		if answers.Responses[i].Kind == Answered {
			dst = append(dst, wanted[0])
		}
		wanted = wanted[1:]
	}
	return dst
}

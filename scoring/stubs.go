package scoring

func AppendAnswers(dst []byte, in *Instrument, answers *Answers) []byte { return dst }
func ParseAnswers(text string, in *Instrument, into *Answers) error     { return nil }
func AppendScores(dst []byte, scores []Score) []byte                    { return dst }
func ParseScores(text string) ([]Score, error)                          { return nil, nil }
func Compare(from, to *Measurement) Change                              { return Change{} }

// AppendText appends the difference with its sign.
func (c *Change) AppendText(dst []byte) []byte { return dst }
func (c *Change) Text() string                 { return string(c.AppendText(nil)) }

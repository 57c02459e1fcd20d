package scoring

import "errors"

type compiledScale struct{}

func Compile(def *Definition, valueSets ...*ValueSet) (*Instrument, error) {
	return nil, errors.New("not yet")
}
func CompileValueSet(def *ValueSetDefinition, through *ValueSet) (*ValueSet, error) {
	return nil, errors.New("not yet")
}
func (in *Instrument) Read(sheet *Sheet, into *Answers) []Problem       { return nil }
func (in *Instrument) Score(answers *Answers, result *Result)           {}
func AppendAnswers(dst []byte, in *Instrument, answers *Answers) []byte { return dst }
func ParseAnswers(text string, in *Instrument, into *Answers) error     { return nil }
func AppendScores(dst []byte, scores []Score) []byte                    { return dst }
func ParseScores(text string) ([]Score, error)                          { return nil, nil }
func Compare(from, to *Measurement) Change                              { return Change{} }

// AppendText appends the difference with its sign.
func (c *Change) AppendText(dst []byte) []byte { return dst }
func (c *Change) Text() string                 { return string(c.AppendText(nil)) }

package instruments

import "maps"

// Content is a file of the catalogue: a definition or a value set, by the hash
// of its bytes.
type Content struct {
	Hash        string // hex SHA-256 of Body
	Instrument  bool   // a definition; otherwise a value set
	ID          string
	Version     string // of a definition
	ScoringHash string // of a definition
	Body        []byte // read only
}

// Contents returns every file of the catalogue, definitions first, for keeping
// them beside the scores that they made.
func (c *Catalogue) Contents() []Content {
	var out []Content
	for _, in := range c.List() {
		body, _ := c.Content(in.DefinitionHash())
		out = append(out, Content{Hash: in.DefinitionHash(), Instrument: true, ID: in.ID(), Version: in.Version(), ScoringHash: in.ScoringHash(), Body: body})
	}
	for _, set := range c.ValueSets() {
		body, _ := c.Content(set.Hash())
		out = append(out, Content{Hash: set.Hash(), ID: set.ID(), Body: body})
	}
	return out
}

// AddFiles adds definitions and value sets by name, all or nothing, as AddDir
// does.
func (c *Catalogue) AddFiles(bodies map[string][]byte) error {
	var files []file
	for name, body := range maps.All(bodies) {
		files = append(files, file{name, body})
	}
	return c.add(files)
}

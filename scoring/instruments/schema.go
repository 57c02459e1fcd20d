package instruments

import (
	"embed"
	"slices"
)

//go:embed schema/*.json
var schemas embed.FS

// Schemas are the names of the file formats that Schema describes.
var Schemas = []string{"definition", "value_set"}

// Schema returns the JSON Schema (draft 2020-12) of a file format, for editors
// and for programs that write such files; false for a name that is not one of
// Schemas. It knows the shape: what it refuses, the loader refuses too, but
// only the loader knows whether a file holds together.
func Schema(format string) ([]byte, bool) {
	if !slices.Contains(Schemas, format) {
		return nil, false
	}
	body, err := schemas.ReadFile("schema/" + format + ".json")
	return body, err == nil
}

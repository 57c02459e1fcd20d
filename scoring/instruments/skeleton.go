package instruments

import (
	"embed"
	"io/fs"
	"strings"
)

//go:embed skeletons/*.yaml
var skeletons embed.FS

// Skeletons are the names of the files that Skeleton gives.
func Skeletons() []string {
	files, err := fs.Glob(skeletons, "skeletons/*.yaml")
	if err != nil {
		panic(err) // the pattern is ours
	}
	for i, name := range files {
		files[i] = strings.TrimSuffix(strings.TrimPrefix(name, "skeletons/"), ".yaml")
	}
	return files
}

// Skeleton returns a definition file for a clinic to fill in or to change,
// with comments that say how; false for a name that is not one of Skeletons.
// The catalogue never loads them.
func Skeleton(name string) ([]byte, bool) {
	body, err := skeletons.ReadFile("skeletons/" + name + ".yaml")
	return body, err == nil
}

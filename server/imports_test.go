package server_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/painscore/painscore/"

// mayImport says, for each package of the project, which others it may import
// (test files aside) and which modules from outside. A package that is not
// listed fails the test: whoever adds one decides here where it stands.
var mayImport = map[string]struct{ own, outside []string }{
	"proto/painscore/v1":           {nil, []string{"google.golang.org/grpc", "google.golang.org/protobuf"}},
	"scoring":                      {nil, nil},
	"scoring/instruments":          {[]string{"scoring"}, []string{"github.com/goccy/go-yaml"}},
	"scoring/conformance":          {[]string{"scoring"}, nil},
	"scoring/conformance/generate": {nil, nil},
	"scoring/mutation":             {[]string{"scoring", "scoring/conformance", "scoring/instruments"}, nil},
	"server/identity":              {nil, []string{"golang.org/x/text/unicode/norm"}},
	"server/store":                 {nil, nil},
	"server/store/storetest":       {[]string{"server/store"}, []string{"pgregory.net/rapid", "github.com/google/go-cmp"}},
	"server/store/sqlstore":        {[]string{"server/store"}, nil},
	"server/store/sqlite":          {[]string{"server/store", "server/store/sqlstore"}, []string{"github.com/mattn/go-sqlite3", "github.com/pressly/goose"}},
	"server/access":                {[]string{"server/store"}, nil},
	"server/access/signin":         {[]string{"server/access", "server/identity", "server/store"}, []string{"github.com/coreos/go-oidc", "github.com/go-jose/go-jose", "golang.org/x/oauth2", "golang.org/x/time"}},
	"server/access/disktest":       {nil, nil},
	"server/access/signin/idptest": {nil, []string{"github.com/coreos/go-oidc"}},
	"server/access/generate":       {[]string{"proto/painscore/v1"}, []string{"google.golang.org/protobuf"}},
	"server/store/postgres":        {[]string{"server/store", "server/store/sqlstore"}, []string{"github.com/jackc/pgx", "github.com/pressly/goose"}},
	"server/store/postgres/pgtest": {nil, []string{"github.com/jackc/pgx"}},
	"server/metrics":               {[]string{"server/store"}, []string{"github.com/prometheus/client_golang", "google.golang.org/grpc"}},
	"server/pace":                  {nil, []string{"golang.org/x/time"}},
	"server/erasures":              {[]string{"server/store"}, nil},
	"server/clinic":                {[]string{"scoring", "scoring/instruments", "server/access", "server/identity", "server/registry", "server/registry/delivery", "server/store"}, nil},
	"server/demo":                  {[]string{"scoring", "server/access", "server/clinic", "server/store"}, nil},
	"server/registry":              {[]string{"scoring", "server/store"}, []string{"gonum.org/v1/gonum"}},
	"server/registry/delivery":     {[]string{"scoring", "server/registry", "server/store"}, nil},
	"server/wording":               {[]string{"scoring"}, nil},
	"server/review":                {[]string{"scoring", "server/access", "server/access/signin", "server/clinic", "server/pace", "server/registry", "server/store", "server/wording"}, []string{"github.com/google/uuid"}},
	"server":                       {[]string{"proto/painscore/v1", "scoring", "server/access", "server/access/signin", "server/clinic", "server/pace", "server/registry", "server/registry/delivery", "server/store", "server/wording"}, []string{"golang.org/x/time", "google.golang.org/", "github.com/google/uuid"}},
	"server/cmd/painscored":        {[]string{"client", "proto/painscore/v1", "scoring", "scoring/instruments", "server", "server/access", "server/access/signin", "server/clinic", "server/demo", "server/erasures", "server/identity", "server/metrics", "server/pace", "server/registry/delivery", "server/review", "server/store", "server/store/postgres", "server/store/sqlite", "server/store/sqlstore"}, []string{"github.com/spf13/cobra", "github.com/goccy/go-yaml", "google.golang.org/grpc", "google.golang.org/protobuf"}},
	"server/cmd/painscored-bench":  {[]string{"client", "proto/painscore/v1", "scoring", "scoring/instruments", "server/store/postgres/pgtest"}, []string{"github.com/jackc/pgx/v5", "github.com/mattn/go-sqlite3", "github.com/spf13/cobra", "golang.org/x/net", "google.golang.org/"}},
	"client":                       {[]string{"proto/painscore/v1"}, []string{"google.golang.org/", "github.com/google/uuid"}},
	"client/cmd/painscore":         {[]string{"client", "client/cmd/painscore/jsonl", "client/cmd/painscore/mapping", "client/cmd/painscore/tables", "proto/painscore/v1", "scoring", "scoring/conformance", "scoring/instruments"}, []string{"github.com/spf13/cobra", "github.com/schollz/progressbar", "google.golang.org/"}},
	"client/cmd/painscore/mapping": {[]string{"client/cmd/painscore/jsonl", "proto/painscore/v1", "scoring", "scoring/instruments"}, []string{"google.golang.org/protobuf"}},
	"client/cmd/painscore/tables":  {[]string{"proto/painscore/v1"}, []string{"github.com/parquet-go/parquet-go"}},
	"client/cmd/painscore/jsonl":   {[]string{"scoring", "scoring/instruments"}, nil},
}

// TestImportsPointInward reads every file and holds the direction in which
// packages may know each other: use cases never see gRPC or a database driver,
// the engine never sees anything.
func TestImportsPointInward(t *testing.T) {
	seen := map[string]bool{}
	for pkg, imports := range packages(t) {
		seen[pkg] = true
		rule, ok := mayImport[pkg]
		if !ok {
			t.Errorf("package %s: not in the table of who may import whom", pkg)
			continue
		}
		for _, imported := range imports {
			own, isOwn := strings.CutPrefix(imported, module)
			switch {
			case isOwn && slices.Contains(rule.own, own):
			case !isOwn && !strings.Contains(strings.Split(imported, "/")[0], "."): // the standard library
			case !isOwn && slices.ContainsFunc(rule.outside, func(m string) bool { return strings.HasPrefix(imported, m) }):
			default:
				t.Errorf("package %s may not import %s", pkg, imported)
			}
		}
	}
	for pkg := range mayImport {
		if !seen[pkg] {
			t.Errorf("the table names package %s, which does not exist", pkg)
		}
	}
}

// TestNoRoomWithoutAName keeps out packages that say nothing of what they hold.
func TestNoRoomWithoutAName(t *testing.T) {
	for pkg := range packages(t) {
		switch path.Base(pkg) {
		case "util", "utils", "common", "helper", "helpers", "shared", "internal", "misc":
			t.Errorf("package %s: name it after what it is for", pkg)
		}
	}
}

// TestTopLevelIsFixed holds the project's outermost shape.
func TestTopLevelIsFixed(t *testing.T) {
	entries, err := filepath.Glob("../*")
	if err != nil {
		t.Fatal(err)
	}
	allowed := []string{"proto", "server", "scoring", "client", "go.mod", "go.sum", "buf.yaml", "README.md"}
	for _, entry := range entries {
		if !slices.Contains(allowed, filepath.Base(entry)) && !strings.HasPrefix(filepath.Base(entry), ".") {
			t.Errorf("%s does not belong to the top level", filepath.Base(entry))
		}
	}
}

// packages lists what the non-test files of each package import.
func packages(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string]map[string]bool{}
	err := filepath.WalkDir("..", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && file != ".." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(strings.TrimPrefix(filepath.Dir(file), ".."+string(filepath.Separator)))
		if found[pkg] == nil {
			found[pkg] = map[string]bool{}
		}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			found[pkg][imported] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for pkg, imports := range found {
		out[pkg] = slices.Sorted(maps.Keys(imports))
	}
	return out
}

package instruments

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/painscore/painscore/scoring"
)

// formats are the file formats with the Go types that they are decoded into.
var formats = map[string]reflect.Type{
	"definition": reflect.TypeFor[scoring.Definition](),
	"value_set":  reflect.TypeFor[scoring.ValueSetDefinition](),
}

func TestEveryKeyAndWordOfTheLoaderStandsInTheSchemaAndNoOther(t *testing.T) {
	if got := slices.Sorted(maps.Keys(formats)); !slices.Equal(got, Schemas) {
		t.Fatalf("schemas %v, formats %v", Schemas, got)
	}
	seen := map[string]bool{}
	for name, into := range formats {
		s := schemaOf(t, name)
		s.compare(name, s.root, into, "", seen)
	}
	for key := range scoring.Words() {
		if !seen[key] {
			t.Errorf("the words of %s stand in no schema", key)
		}
	}
}

// compare holds a schema node against the Go type that the decoder fills. key
// is the one that the value stands under.
func (s *jsonSchema) compare(path string, node map[string]any, into reflect.Type, key string, seen map[string]bool) {
	if key != "" && node["description"] == nil && s.resolve(node)["description"] == nil {
		s.t.Errorf("%s: no description", path)
	}
	node = s.resolve(node)
	switch {
	case into == pairsType:
		if node["type"] != "object" || node["properties"] != nil || node["additionalProperties"] == nil {
			s.t.Errorf("%s: the keys are the author's own", path)
		}
	case into.Kind() == reflect.Pointer:
		s.compare(path, node, into.Elem(), key, seen)
	case into.Kind() == reflect.Slice:
		if node["type"] != "array" {
			s.t.Errorf("%s: the loader takes a list", path)
			return
		}
		s.compare(path+"[]", node["items"].(map[string]any), into.Elem(), "", seen)
	case into.Kind() == reflect.Struct:
		s.compareKeys(path, node, into, seen)
	default:
		s.compareScalar(path, node, into, key, seen)
	}
}

func (s *jsonSchema) compareKeys(path string, node map[string]any, into reflect.Type, seen map[string]bool) {
	if node["type"] != "object" || node["additionalProperties"] != false {
		s.t.Errorf("%s: the loader takes an object and no other keys than its own", path)
	}
	properties := maps.Clone(node["properties"].(map[string]any))
	for i := range into.NumField() {
		field := into.Field(i)
		key := field.Tag.Get("yaml")
		if key == "-" {
			continue
		}
		property, ok := properties[key].(map[string]any)
		if !ok {
			s.t.Errorf("%s.%s: the loader knows it, the schema does not", path, key)
			continue
		}
		delete(properties, key)
		s.compare(path+"."+key, property, field.Type, key, seen)
	}
	for key := range properties {
		s.t.Errorf("%s.%s: the schema knows it, the loader does not", path, key)
	}
}

func (s *jsonSchema) compareScalar(path string, node map[string]any, into reflect.Type, key string, seen map[string]bool) {
	if node["const"] != nil {
		return
	}
	if enum, ok := node["enum"].([]any); ok {
		var words []string
		for _, w := range enum {
			words = append(words, fmt.Sprint(w))
		}
		seen[key] = true
		// A value set takes fewer marks than a definition.
		if want := scoring.Words()[key]; !slices.Equal(words, want) && path != "value_set.known" {
			s.t.Errorf("%s: words %v, the loader's are %v", path, words, want)
		}
		return
	}
	if scoring.Words()[key] != nil && into.Kind() == reflect.String {
		s.t.Errorf("%s: the loader takes certain words only", path)
	}
	names := fmt.Sprint(node["type"])
	want := map[reflect.Kind]string{reflect.Bool: "boolean", reflect.Int: "integer", reflect.Int32: "integer", reflect.String: "string"}[into.Kind()]
	if into == decimalType {
		want = "number"
	}
	if !strings.Contains(names, want) {
		s.t.Errorf("%s: type %s, the loader takes %s", path, names, want)
	}
}

// validateFile checks a YAML file against the schema of its format.
func validateFile(t *testing.T, name string, body []byte) []string {
	t.Helper()
	root, problem := tree(name, body)
	if problem != nil {
		t.Fatal(problem)
	}
	format := "definition"
	if hasKey(root, "value_set") {
		format = "value_set"
	}
	return schemaOf(t, format).validate(jsonOf(t, root))
}

// goodFiles are the definitions and value sets that the project ships, and the
// example of the loader's tests.
func goodFiles(t *testing.T) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := fs.WalkDir(builtin, ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files[path], err = builtin.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if files["good.yaml"], err = os.ReadFile("testdata/good.yaml"); err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	files["goal_evaluation.yaml"], _ = Skeleton("goal_evaluation")
	return files
}

func TestEveryGoodFileFitsItsSchema(t *testing.T) {
	for name, body := range goodFiles(t) {
		for _, p := range validateFile(t, name, body) {
			t.Errorf("%s: %s", name, p)
		}
	}
}

// A bad file that is valid YAML breaks either the shape, which the schema
// knows, or what only the loader can know.
var structural = []string{
	"bad_format", "float_range", "item_codes", "item_limits_missing", "item_type_unknown", "many_at_once", "map_without_items", "missing_no_rule", "missing_source", "no_direction", "no_licence", "unknown_key", "unknown_kind", "unknown_words", "wrong_type",
}

func TestTheSchemaRefusesFilesOfAWrongShape(t *testing.T) {
	for _, name := range structural {
		body, err := os.ReadFile(filepath.Join("testdata/bad", name+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		if len(validateFile(t, name, body)) == 0 {
			t.Errorf("%s fits the schema", name)
		}
	}
}

// What the schema requires the loader requires: else the schema would turn
// away files that work.
func TestTheLoaderRequiresWhatTheSchemaRequires(t *testing.T) {
	for name, body := range goodFiles(t) {
		if name != "good.yaml" && name != "goal_evaluation.yaml" && name != "builtin/wai_1.yaml" && name != "builtin/nprs_1.yaml" {
			continue
		}
		root, _ := tree(name, body)
		value := jsonOf(t, root)
		s := schemaOf(t, "definition")
		s.withoutEach(name, s.root, value, func(path string) {
			without, err := json.MarshalIndent(value, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			if emptyCatalogue().AddFile(name, without) == nil {
				t.Errorf("%s: the loader does without %s", name, path)
			}
		})
	}
}

// withoutEach calls f once for each required key of the value, while the key
// is taken out.
func (s *jsonSchema) withoutEach(path string, node map[string]any, value any, f func(path string)) {
	node = s.resolve(node)
	switch v := value.(type) {
	case []any:
		for i := range v {
			s.withoutEach(fmt.Sprintf("%s[%d]", path, i), node["items"].(map[string]any), v[i], f)
		}
	case map[string]any:
		required, _ := node["required"].([]any)
		properties, _ := node["properties"].(map[string]any)
		for key, inner := range maps.Clone(v) {
			if slices.Contains(required, any(key)) {
				delete(v, key)
				f(path + "." + key)
				v[key] = inner
			}
			if property, ok := properties[key].(map[string]any); ok {
				s.withoutEach(path+"."+key, property, inner, f)
			}
		}
	}
}

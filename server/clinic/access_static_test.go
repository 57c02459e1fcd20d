package clinic_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// entersElsewhere are use cases that do not ask who calls, and why.
var entersElsewhere = map[string]string{
	"Import": "PrepareImport has asked; what it prepared carries who it was",
}

// TestEveryUseCaseAsksWhoCalls reads the package: an exported method with a
// context begins with enter.
func TestEveryUseCaseAsksWhoCalls(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || !isUseCase(f) {
				continue
			}
			found++
			if enters(f.Body) == (entersElsewhere[f.Name.Name] != "") {
				t.Errorf("%s: %s does not call enter and leave first, or stands in the list without need", name, f.Name.Name)
			}
		}
	}
	if found < 25 {
		t.Errorf("only %d use cases found; the test is blind", found)
	}
}

// isUseCase says whether a function is an exported method of Clinic that takes
// a context.
func isUseCase(f *ast.FuncDecl) bool {
	if f.Recv == nil || !f.Name.IsExported() || len(f.Type.Params.List) == 0 {
		return false
	}
	star, ok := f.Recv.List[0].Type.(*ast.StarExpr)
	if !ok || star.X.(*ast.Ident).Name != "Clinic" {
		return false
	}
	takes, ok := f.Type.Params.List[0].Type.(*ast.SelectorExpr)
	return ok && takes.Sel.Name == "Context"
}

// enters says whether a body calls enter before anything else of the clinic, and
// defers leave.
func enters(body *ast.BlockStmt) bool {
	entered, left, early := false, false, false
	ast.Inspect(body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		method, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		switch of, _ := method.X.(*ast.Ident); {
		case method.Sel.Name == "enter":
			entered = true
		case method.Sel.Name == "leave":
			left = true
		case of != nil && of.Name == "c" && !entered:
			early = true
		}
		return true
	})
	return entered && left && !early
}

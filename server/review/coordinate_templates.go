package review

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"html/template"
	"net/http"

	"github.com/painscore/painscore/server/wording"
)

//go:embed static/forms.css
var formStyles []byte

// formStylesPath is of a sheet of its own: a patient's page has no forms, and is
// near its size already.
var formStylesPath = func() string {
	sum := sha256.Sum256(formStyles)
	return "/static/" + hex.EncodeToString(sum[:6]) + "/forms.css"
}()

func serveFormStyles(_ *site, w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Write(formStyles)
}

// workPage is page for where something is done.
func (s *site) workPage(r *http.Request, l wording.Language, title string) page {
	p := s.page(r, l, title)
	p.FormStyles = formStylesPath
	if r.Method == http.MethodPost { // by a link it would be asked for as a page, and lose what was typed
		p.Languages = nil
	}
	return p
}

// workTemplates are the templates of the pages where something is done, by the
// name of their file.
func workTemplates(shared *template.Template) map[string]*template.Template {
	work := map[string]*template.Template{}
	for _, name := range []string{"worklist", "dispatch", "dispatched", "paper", "feedback", "refused", "edit_episode", "coordinate_cohort", "cohort_ended", "entry", "entry_form", "report", "codebook"} {
		t := template.Must(shared.Clone())
		work[name] = template.Must(t.ParseFS(templateFiles, "templates/coordinate.html", "templates/"+name+".html"))
	}
	return work
}

package review

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"html/template"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/wording"
)

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed static/style.css
var stylesheet []byte

// stylesheetPath holds the sheet's hash, so that it can be kept for good and
// an upgrade is seen at once.
var stylesheetPath = func() string {
	sum := sha256.Sum256(stylesheet)
	return "/static/" + hex.EncodeToString(sum[:6]) + "/style.css"
}()

func serveStylesheet(_ *site, w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Write(stylesheet)
}

//go:embed static/icon.svg
var icon []byte

func serveIcon(_ *site, w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Cache-Control", "public, max-age=86400")
	w.Write(icon)
}

type templates struct {
	registry, patients, conference, episode, answers, talk, phone, clinical, texts, failure, notice, commission *template.Template

	work map[string]*template.Template // where something is done: the coordinator's pages and paper forms
}

func parseTemplates() *templates {
	shared := template.Must(template.New("").Funcs(drawing).
		ParseFS(templateFiles, "templates/layout.html", "templates/chart.html", "templates/scale.html", "templates/parts.html"))
	with := func(name string) *template.Template {
		return template.Must(template.Must(shared.Clone()).ParseFS(templateFiles, "templates/"+name))
	}
	return &templates{
		registry: with("registry.html"),
		patients: with("patients.html"), conference: with("conference.html"), episode: with("episode.html"), answers: with("answers.html"),
		talk: with("talk.html"), phone: with("phone.html"), clinical: with("clinical.html"), texts: with("texts.html"),
		failure: with("failure.html"),
		notice:  with("notice.html"), commission: with("commission.html"), work: workTemplates(shared),
	}
}

// drawing is what the templates need beside the values themselves.
var drawing = template.FuncMap{
	"px":    px,
	"plus":  func(a, b any) float64 { return number(a) + number(b) },
	"minus": func(a, b any) float64 { return number(a) - number(b) },
	"in":    func(page, item any) any { return struct{ Page, Item any }{page, item} },
}

// number takes a coordinate or a constant of a template.
func number(v any) float64 {
	if n, ok := v.(int); ok {
		return float64(n)
	}
	return v.(float64)
}

// px prints a coordinate with at most one decimal.
func px(v float64) string {
	return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
}

// page is what the layout needs, whatever the page shows.
type page struct {
	wording.Language
	Title      string
	Demo       bool
	Local      bool
	Version    string
	Stylesheet string
	FormStyles string // a second style sheet, for pages with forms: see workPage
	Menu       []tab
	Languages  []languageLink
	Visitor    *visitorLine // nil: nobody is signed in
}

func (s *site) page(r *http.Request, l wording.Language, title string) page {
	return page{
		Language: l, Title: title, Demo: s.options.Demo, Local: s.options.Local, Version: s.options.Version,
		Stylesheet: stylesheetPath, Menu: s.menu(r, l), Languages: languageLinks(r, l), Visitor: s.visitorLine(r, l),
	}
}

// render writes a page whole or, when its template fails, not at all.
func (s *site) render(w http.ResponseWriter, r *http.Request, status int, t *template.Template, data any) {
	var body bytes.Buffer
	if err := t.ExecuteTemplate(&body, "layout.html", data); err != nil {
		panic(err)
	}
	rememberLanguage(w, r)
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Language", string(language(r)))
	header.Set("Vary", "Accept-Language, Cookie")
	header.Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(status)
	w.Write(body.Bytes())
}

type failurePage struct {
	page
	Text string
	ID   string // to quote when asking for help; only with an inner error
}

// fail shows a friendly page. The cause goes to the log, never to the reader.
func (s *site) fail(w http.ResponseWriter, r *http.Request, status int, cause error) {
	l := language(r)
	key := "failure." + strconv.Itoa(status)
	failure := failurePage{page: s.page(r, l, l.Say(key)), Text: l.Say(key + ".what")}
	if status == http.StatusInternalServerError {
		failure.ID = requestID(r)
	}
	if cause != nil {
		s.options.Logger.Error("a page failed", "request_id", requestID(r), "error", cause)
	}
	s.render(w, r, status, s.templates.failure, failure)
}

func (s *site) notFound(w http.ResponseWriter, r *http.Request) {
	s.fail(w, r, http.StatusNotFound, nil)
}

// failFor chooses the page for an error of the use cases. asked is the status
// for input that names nothing.
func (s *site) failFor(w http.ResponseWriter, r *http.Request, err error, asked int) {
	var input *clinic.InputError
	var state *clinic.StateError
	switch {
	case clinic.RefusalReason(err) != "":
		s.refuse(w, r)
	case errors.As(err, &input), errors.As(err, &state):
		s.fail(w, r, asked, nil)
	case errors.Is(err, store.ErrOverloaded):
		s.later(w, r, http.StatusServiceUnavailable, time.Second)
	case errors.Is(err, context.Canceled):
		// The reader has gone; nobody is there to be told.
	default:
		s.fail(w, r, http.StatusInternalServerError, err)
	}
}

// refuse is the page for those who may not do this. An episode that they may not
// see has no such page: it is not there.
func (s *site) refuse(w http.ResponseWriter, r *http.Request) {
	l := language(r)
	s.render(w, r, http.StatusForbidden, s.templates.failure, failurePage{page: s.page(r, l, l.Say("failure.403")), Text: l.Say("failure.role")})
}

// failPlain answers outside the pages, in plain text: whoever asks by a wrong
// host gets nothing of the site.
func failPlain(w http.ResponseWriter, r *http.Request, status int) {
	l := language(r)
	key := "failure." + strconv.Itoa(status)
	safeHeaders(w.Header())
	http.Error(w, l.Say(key)+". "+l.Say(key+".what"), status)
}

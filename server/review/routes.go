package review

import (
	"net/http"
	"strings"

	"github.com/painscore/painscore/server/access"
)

// Route is one address of the pages, and who may ask for it. Whoever adds a page
// adds it here; nothing else reaches a handler.
type Route struct {
	Pattern string // as http.ServeMux takes it, with its method
	// Action is the call of the contract that the page stands for, whose rule
	// decides who may open it. Empty: the page is about no patient.
	Action access.Action
	// Open: nobody needs to be signed in for it.
	Open bool

	signIn bool // it is there only where people sign in
	handle func(s *site, w http.ResponseWriter, r *http.Request)
}

// Addresses that take forms, beside the first page. What comes from another site is refused
// by the guard's http.CrossOriginProtection, by what the browser itself says of
// the request's origin; cookies that are SameSite=Lax do not even come along. A
// token in each form would guard against the same once more.
const (
	commissionPath = "/commission"
	signOutPath    = "/sign-out"
	// maxForm is the longest form that is read, in bytes.
	maxForm = 16 << 10
)

// Routes are all addresses of the pages. Every other one is not found.
func Routes() []Route {
	return []Route{
		{Pattern: "GET /{$}", Action: access.ListEpisodesCall, handle: (*site).patients},
		{Pattern: "POST /{$}", Action: access.ListEpisodesCall, handle: (*site).findPatient},
		{Pattern: "GET /conference", Action: access.GetTrendCall, handle: (*site).conference},
		{Pattern: "GET /launch/{token}", Action: access.GetEpisodeCall, handle: (*site).launch},
		{Pattern: "GET /units/{unit}/episodes/{id}", Action: access.GetTrendCall, handle: (*site).episode},
		{Pattern: "GET /units/{unit}/episodes/{id}/registry", Action: access.GetEpisodeCall, handle: (*site).registry},
		{Pattern: "POST /units/{unit}/episodes/{id}/registry", Action: access.SetRegistryChoiceCall, handle: (*site).chooseRegistry},
		{Pattern: "GET /units/{unit}/episodes/{id}/answers", Action: access.ListSubmissionVersionsCall, handle: (*site).answers},
		{Pattern: "GET /units/{unit}/episodes/{id}/talk", Action: access.GetTrendCall, handle: (*site).talkSheet},
		{Pattern: "GET /units/{unit}/episodes/{id}/phone", Action: access.GetTrendCall, handle: (*site).phoneScript},
		{Pattern: "GET /units/{unit}/episodes/{id}/clinical", Action: access.GetTrendCall, handle: (*site).clinicalSheet},
		{Pattern: "GET /units/{unit}/episodes/{id}/text", Action: access.GetTrendCall, handle: (*site).recordTexts},
		{Pattern: "GET /units/{unit}/episodes/{id}/text/{moment}", Action: access.GetTrendCall, handle: (*site).recordText},

		{Pattern: "GET /worklist", Action: access.ListDueOccasionsCall, handle: (*site).worklist},
		{Pattern: "GET /worklist.csv", Action: access.ListDueOccasionsCall, handle: (*site).worklistCSV},
		{Pattern: "POST /worklist", Action: access.RecordDispatchCall, handle: (*site).recordDispatch},
		{Pattern: "GET /paper", handle: (*site).paper},
		{Pattern: "POST /paper", Action: access.FindDispatchCall, handle: (*site).findPaper},
		{Pattern: "GET /feedback", Action: access.ListAwaitingFeedbackCall, handle: (*site).feedback},
		{Pattern: "POST /feedback", Action: access.RecordFeedbackReviewCall, handle: (*site).recordFeedback},
		{Pattern: "GET /cohorts", Action: access.ListDueOccasionsCall, handle: (*site).cohorts},
		{Pattern: "POST /cohorts", Action: access.UpsertEpisodeCall, handle: (*site).endCohort},
		{Pattern: "GET /episodes/new", handle: (*site).newEpisode},
		{Pattern: "POST /episodes/new", Action: access.UpsertEpisodeCall, handle: (*site).createEpisode},
		{Pattern: "GET " + reportPath, Action: access.GetGroupReportCall, handle: (*site).report},
		{Pattern: "GET /codebook", handle: (*site).codebook},
		{Pattern: "GET /units/{unit}/episodes/{id}/edit", Action: access.GetEpisodeCall, handle: (*site).editEpisode},
		{Pattern: "POST /units/{unit}/episodes/{id}/edit", Action: access.UpsertEpisodeCall, handle: (*site).saveEpisode},
		{Pattern: "GET /units/{unit}/episodes/{id}/dispatch", Action: access.ListOccasionActsCall, handle: (*site).dispatch},
		{Pattern: "GET /units/{unit}/episodes/{id}/entry", Action: access.ListSubmissionsCall, handle: (*site).entry},
		{Pattern: "POST /units/{unit}/episodes/{id}/entry", Action: access.SubmitCall, handle: (*site).saveEntry},

		{Pattern: "GET " + commissionPath, signIn: true, handle: (*site).commission},
		{Pattern: "POST " + commissionPath, signIn: true, handle: (*site).chooseCommission},

		{Pattern: "GET /sign-in", Open: true, signIn: true, handle: (*site).signIn},
		{Pattern: "GET /sign-in/start", Open: true, signIn: true, handle: (*site).signInStart},
		{Pattern: "GET /sign-in/callback", Open: true, signIn: true, handle: (*site).signInCallback},
		{Pattern: "POST " + signOutPath, Open: true, signIn: true, handle: (*site).signOut},
		{Pattern: "GET " + signOutPath, Open: true, signIn: true, handle: (*site).signOutOfIssuer},
		{Pattern: "GET /signed-out", Open: true, signIn: true, handle: (*site).signedOut},
		{Pattern: "GET " + stylesheetPath, Open: true, handle: serveStylesheet},
		{Pattern: "GET " + formStylesPath, Open: true, handle: serveFormStyles},
		{Pattern: "GET /favicon.ico", Open: true, handle: serveIcon}, // asked for by every browser, whether a page names it or not
	}
}

// mux leads each address to its handler, by way of the sign-in unless it is open.
func (s *site) mux() *http.ServeMux {
	mux := http.NewServeMux()
	for _, route := range Routes() {
		if route.signIn && s.options.SignIn == nil {
			continue
		}
		handle := func(w http.ResponseWriter, r *http.Request) { route.handle(s, w, r) }
		if !route.Open {
			handle = s.signedIn(handle)
		}
		mux.HandleFunc(route.Pattern, handle)
	}
	mux.HandleFunc("/", s.notFound)
	return mux
}

// takesForm says whether there is a form for this address.
func takesForm(mux *http.ServeMux, r *http.Request) bool {
	_, pattern := mux.Handler(r)
	return strings.HasPrefix(pattern, http.MethodPost+" ")
}

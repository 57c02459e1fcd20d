// Code generated from the contract by go generate ./server/access. DO NOT EDIT.

package access

// The calls of the contract.
const (
	ChangeSettingCall          Action = "AdminService.ChangeSetting"
	GetServerInfoCall          Action = "AdminService.GetServerInfo"
	ListSettingsCall           Action = "AdminService.ListSettings"
	ListAccessEventsCall       Action = "AuditService.ListAccessEvents"
	ListAccessReviewsCall      Action = "AuditService.ListAccessReviews"
	RecordAccessReviewCall     Action = "AuditService.RecordAccessReview"
	SampleAccessEventsCall     Action = "AuditService.SampleAccessEvents"
	CreateLaunchLinkCall       Action = "PatientService.CreateLaunchLink"
	ErasePatientCall           Action = "PatientService.ErasePatient"
	ExportPatientCall          Action = "PatientService.ExportPatient"
	FindDispatchCall           Action = "PatientService.FindDispatch"
	FindPatientsByNameCall     Action = "PatientService.FindPatientsByName"
	GetEpisodeCall             Action = "PatientService.GetEpisode"
	GetPatientNameCall         Action = "PatientService.GetPatientName"
	GetTrendCall               Action = "PatientService.GetTrend"
	LinkIdentityCall           Action = "PatientService.LinkIdentity"
	ListAwaitingFeedbackCall   Action = "PatientService.ListAwaitingFeedback"
	ListDueOccasionsCall       Action = "PatientService.ListDueOccasions"
	ListEpisodesCall           Action = "PatientService.ListEpisodes"
	ListOccasionActsCall       Action = "PatientService.ListOccasionActs"
	RecordDispatchCall         Action = "PatientService.RecordDispatch"
	RecordFeedbackReviewCall   Action = "PatientService.RecordFeedbackReview"
	SetPatientNameCall         Action = "PatientService.SetPatientName"
	SetRegistryChoiceCall      Action = "PatientService.SetRegistryChoice"
	ShareEpisodeCall           Action = "PatientService.ShareEpisode"
	UpsertEpisodeCall          Action = "PatientService.UpsertEpisode"
	ExportCall                 Action = "RegistryService.Export"
	GetCodebookCall            Action = "RegistryService.GetCodebook"
	GetGroupReportCall         Action = "RegistryService.GetGroupReport"
	ListExportChangesCall      Action = "RegistryService.ListExportChanges"
	ListExportsCall            Action = "RegistryService.ListExports"
	GetInstrumentCall          Action = "ScoringService.GetInstrument"
	ListInstrumentsCall        Action = "ScoringService.ListInstruments"
	ScoreCall                  Action = "ScoringService.Score"
	ScoreBatchCall             Action = "ScoringService.ScoreBatch"
	AmendSubmissionCall        Action = "SubmissionService.AmendSubmission"
	ApplyRescoreCall           Action = "SubmissionService.ApplyRescore"
	GetSubmissionCall          Action = "SubmissionService.GetSubmission"
	ImportSubmissionsCall      Action = "SubmissionService.ImportSubmissions"
	ListChangesCall            Action = "SubmissionService.ListChanges"
	ListSubmissionVersionsCall Action = "SubmissionService.ListSubmissionVersions"
	ListSubmissionsCall        Action = "SubmissionService.ListSubmissions"
	PreviewRescoreCall         Action = "SubmissionService.PreviewRescore"
	RetractSubmissionCall      Action = "SubmissionService.RetractSubmission"
	RevertRescoreCall          Action = "SubmissionService.RevertRescore"
	SubmitCall                 Action = "SubmissionService.Submit"
	SubmitFormsCall            Action = "SubmissionService.SubmitForms"
)

var rules = map[Action]Rule{
	ChangeSettingCall:          {Roles: []Role{Administrator}, Activity: NoActivity, Scope: ScopeNone},
	GetServerInfoCall:          {Roles: []Role{Integrator, Clinician, Coordinator, Analyst, Administrator}, Activity: NoActivity, Scope: ScopeNone},
	ListSettingsCall:           {Roles: []Role{Integrator, Clinician, Coordinator, Analyst, Administrator}, Activity: NoActivity, Scope: ScopeNone},
	ListAccessEventsCall:       {Roles: []Role{Administrator}, Activity: Read, Scope: ScopeProvider},
	ListAccessReviewsCall:      {Roles: []Role{Administrator}, Activity: NoActivity, Scope: ScopeNone},
	RecordAccessReviewCall:     {Roles: []Role{Administrator}, Activity: NoActivity, Scope: ScopeNone},
	SampleAccessEventsCall:     {Roles: []Role{Administrator}, Activity: Read, Scope: ScopeProvider},
	CreateLaunchLinkCall:       {Roles: []Role{Integrator, Clinician, Coordinator}, Activity: Read, Scope: ScopeEpisode},
	ErasePatientCall:           {Roles: []Role{Administrator}, Activity: Erase, Scope: ScopeProvider},
	ExportPatientCall:          {Roles: []Role{Coordinator, Administrator}, Activity: Print, Scope: ScopeProvider},
	FindDispatchCall:           {Roles: []Role{Integrator, Clinician, Coordinator}, Activity: Read, Scope: ScopeEpisode},
	FindPatientsByNameCall:     {Roles: []Role{Clinician, Coordinator, Administrator}, Activity: Read, Scope: ScopeEpisode},
	GetEpisodeCall:             {Roles: []Role{Integrator, Clinician, Coordinator}, Activity: Read, Scope: ScopeEpisode},
	GetPatientNameCall:         {Roles: []Role{Clinician, Coordinator, Administrator}, Activity: Read, Scope: ScopeEpisode},
	GetTrendCall:               {Roles: []Role{Integrator, Clinician, Coordinator}, Activity: Read, Scope: ScopeEpisode},
	LinkIdentityCall:           {Roles: []Role{Integrator, Coordinator, Administrator}, Activity: Write, Scope: ScopeProvider},
	ListAwaitingFeedbackCall:   {Roles: []Role{Integrator, Clinician, Coordinator}, Activity: Read, Scope: ScopeOwner},
	ListDueOccasionsCall:       {Roles: []Role{Integrator, Clinician, Coordinator}, Activity: Read, Scope: ScopeOwner},
	ListEpisodesCall:           {Roles: []Role{Integrator, Clinician, Coordinator}, Activity: Read, Scope: ScopeEpisode},
	ListOccasionActsCall:       {Roles: []Role{Integrator, Clinician, Coordinator}, Activity: Read, Scope: ScopeEpisode},
	RecordDispatchCall:         {Roles: []Role{Integrator, Clinician, Coordinator}, Activity: Write, Scope: ScopeOwner},
	RecordFeedbackReviewCall:   {Roles: []Role{Integrator, Clinician, Coordinator}, Activity: Write, Scope: ScopeOwner},
	SetPatientNameCall:         {Roles: []Role{Integrator, Clinician, Coordinator}, Activity: Write, Scope: ScopeOwner},
	SetRegistryChoiceCall:      {Roles: []Role{Integrator, Clinician, Coordinator}, Activity: Write, Scope: ScopeOwner},
	ShareEpisodeCall:           {Roles: []Role{Integrator, Clinician, Coordinator}, Activity: Write, Scope: ScopeOwner},
	UpsertEpisodeCall:          {Roles: []Role{Integrator, Clinician, Coordinator}, Activity: Write, Scope: ScopeOwner},
	ExportCall:                 {Roles: []Role{Analyst}, Activity: Print, Scope: ScopeProvider},
	GetCodebookCall:            {Roles: []Role{Integrator, Clinician, Coordinator, Analyst, Administrator}, Activity: NoActivity, Scope: ScopeNone},
	GetGroupReportCall:         {Roles: []Role{Clinician, Coordinator, Analyst}, Activity: Read, Scope: ScopeProvider},
	ListExportChangesCall:      {Roles: []Role{Analyst}, Activity: Read, Scope: ScopeProvider},
	ListExportsCall:            {Roles: []Role{Analyst, Administrator}, Activity: Read, Scope: ScopeProvider},
	GetInstrumentCall:          {Roles: []Role{Integrator, Clinician, Coordinator, Analyst, Administrator}, Activity: NoActivity, Scope: ScopeNone},
	ListInstrumentsCall:        {Roles: []Role{Integrator, Clinician, Coordinator, Analyst, Administrator}, Activity: NoActivity, Scope: ScopeNone},
	ScoreCall:                  {Roles: []Role{Integrator, Clinician, Coordinator, Analyst, Administrator}, Activity: NoActivity, Scope: ScopeNone},
	ScoreBatchCall:             {Roles: []Role{Integrator, Clinician, Coordinator, Analyst, Administrator}, Activity: NoActivity, Scope: ScopeNone},
	AmendSubmissionCall:        {Roles: []Role{Integrator, Clinician, Coordinator}, Activity: Write, Scope: ScopeOwner},
	ApplyRescoreCall:           {Roles: []Role{Administrator}, Activity: Write, Scope: ScopeProvider},
	GetSubmissionCall:          {Roles: []Role{Integrator, Clinician, Coordinator}, Activity: Read, Scope: ScopeEpisode},
	ImportSubmissionsCall:      {Roles: []Role{Integrator, Clinician, Coordinator}, Activity: Write, Scope: ScopeOwner},
	ListChangesCall:            {Roles: []Role{Integrator}, Activity: Read, Scope: ScopeOwner},
	ListSubmissionVersionsCall: {Roles: []Role{Integrator, Clinician, Coordinator}, Activity: Read, Scope: ScopeEpisode},
	ListSubmissionsCall:        {Roles: []Role{Integrator, Clinician, Coordinator}, Activity: Read, Scope: ScopeEpisode},
	PreviewRescoreCall:         {Roles: []Role{Administrator}, Activity: Read, Scope: ScopeProvider},
	RetractSubmissionCall:      {Roles: []Role{Integrator, Clinician, Coordinator}, Activity: Write, Scope: ScopeOwner},
	RevertRescoreCall:          {Roles: []Role{Administrator}, Activity: Write, Scope: ScopeProvider},
	SubmitCall:                 {Roles: []Role{Integrator, Clinician, Coordinator}, Activity: Write, Scope: ScopeOwner},
	SubmitFormsCall:            {Roles: []Role{Integrator, Clinician, Coordinator}, Activity: Write, Scope: ScopeOwner},
}

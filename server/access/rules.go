// Code generated from the contract by go generate ./server/access. DO NOT EDIT.

package access

// The calls of the contract.
const (
	ChangeSettingCall          Action = "AdminService.ChangeSetting"
	GetServerInfoCall          Action = "AdminService.GetServerInfo"
	ListSettingsCall           Action = "AdminService.ListSettings"
	GetEpisodeCall             Action = "PatientService.GetEpisode"
	GetTrendCall               Action = "PatientService.GetTrend"
	ListEpisodesCall           Action = "PatientService.ListEpisodes"
	UpsertEpisodeCall          Action = "PatientService.UpsertEpisode"
	GetInstrumentCall          Action = "ScoringService.GetInstrument"
	ListInstrumentsCall        Action = "ScoringService.ListInstruments"
	ScoreCall                  Action = "ScoringService.Score"
	ScoreBatchCall             Action = "ScoringService.ScoreBatch"
	ApplyRescoreCall           Action = "SubmissionService.ApplyRescore"
	GetSubmissionCall          Action = "SubmissionService.GetSubmission"
	ListSubmissionVersionsCall Action = "SubmissionService.ListSubmissionVersions"
	ListSubmissionsCall        Action = "SubmissionService.ListSubmissions"
	PreviewRescoreCall         Action = "SubmissionService.PreviewRescore"
	RevertRescoreCall          Action = "SubmissionService.RevertRescore"
	SubmitCall                 Action = "SubmissionService.Submit"
	SubmitFormsCall            Action = "SubmissionService.SubmitForms"
)

var rules = map[Action]Rule{
	ChangeSettingCall:          {Roles: []Role{Administrator}, Activity: NoActivity, Scope: ScopeNone},
	GetServerInfoCall:          {Roles: []Role{Integrator, Clinician, Coordinator, Analyst, Administrator}, Activity: NoActivity, Scope: ScopeNone},
	ListSettingsCall:           {Roles: []Role{Integrator, Clinician, Coordinator, Analyst, Administrator}, Activity: NoActivity, Scope: ScopeNone},
	GetEpisodeCall:             {Roles: []Role{Integrator, Clinician, Coordinator}, Activity: Read, Scope: ScopeEpisode},
	GetTrendCall:               {Roles: []Role{Integrator, Clinician, Coordinator}, Activity: Read, Scope: ScopeEpisode},
	ListEpisodesCall:           {Roles: []Role{Integrator, Clinician, Coordinator}, Activity: Read, Scope: ScopeEpisode},
	UpsertEpisodeCall:          {Roles: []Role{Integrator, Clinician, Coordinator}, Activity: Write, Scope: ScopeOwner},
	GetInstrumentCall:          {Roles: []Role{Integrator, Clinician, Coordinator, Analyst, Administrator}, Activity: NoActivity, Scope: ScopeNone},
	ListInstrumentsCall:        {Roles: []Role{Integrator, Clinician, Coordinator, Analyst, Administrator}, Activity: NoActivity, Scope: ScopeNone},
	ScoreCall:                  {Roles: []Role{Integrator, Clinician, Coordinator, Analyst, Administrator}, Activity: NoActivity, Scope: ScopeNone},
	ScoreBatchCall:             {Roles: []Role{Integrator, Clinician, Coordinator, Analyst, Administrator}, Activity: NoActivity, Scope: ScopeNone},
	ApplyRescoreCall:           {Roles: []Role{Administrator}, Activity: Write, Scope: ScopeProvider},
	GetSubmissionCall:          {Roles: []Role{Integrator, Clinician, Coordinator}, Activity: Read, Scope: ScopeEpisode},
	ListSubmissionVersionsCall: {Roles: []Role{Integrator, Clinician, Coordinator}, Activity: Read, Scope: ScopeEpisode},
	ListSubmissionsCall:        {Roles: []Role{Integrator, Clinician, Coordinator}, Activity: Read, Scope: ScopeEpisode},
	PreviewRescoreCall:         {Roles: []Role{Administrator}, Activity: Read, Scope: ScopeProvider},
	RevertRescoreCall:          {Roles: []Role{Administrator}, Activity: Write, Scope: ScopeProvider},
	SubmitCall:                 {Roles: []Role{Integrator, Clinician, Coordinator}, Activity: Write, Scope: ScopeOwner},
	SubmitFormsCall:            {Roles: []Role{Integrator, Clinician, Coordinator}, Activity: Write, Scope: ScopeOwner},
}

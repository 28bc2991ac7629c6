"""The names that texts use for endpoints, adverse events and arms, in any number and spelling."""

from __future__ import annotations

__all__ = ["ALL", "BOTH", "ENDPOINTS", "GENERAL", "OTHER", "SAME", "TERMS"]


def _names(words: str) -> tuple[str, ...]:
    return tuple(" ".join(name.split()) for name in words.split("|"))


ENDPOINTS: dict[str, tuple[str, ...]] = {
    "overall_survival": _names(
        """
        overall survival | OS | mOS | survival | alive | survived | surviving | survival rate | median survival |
        survival time | lived | were living | was living | still living
        """
    ),
    "progression_free_survival": _names(
        """
        progression-free and alive | progression-free survival | PFS | mPFS | progression-free time |
        progression or death | disease progression or death | death or progression | progression of disease or
        death | death or disease progression | progression-free | free of progression | free from progression |
        time without progression | growth of the tumor or death | alive and free of progression | alive without
        progression | alive and progression-free | without progression | tumor growth or death
        """
    ),
    "radiographic_progression_free_survival": _names(
        """
        radiographic progression-free survival | rPFS | radiological progression-free survival
        """
    ),
    "disease_free_survival": _names(
        """
        disease-free and alive | alive and disease-free | alive and free of disease | alive without disease |
        disease-free survival | DFS | free of disease | disease-free | time without disease
        """
    ),
    "invasive_disease_free_survival": _names(
        """
        invasive disease-free survival | iDFS | invasive-disease-free survival
        """
    ),
    "distant_disease_free_survival": _names("distant disease-free survival | DDFS"),
    "distant_recurrence_free_survival": _names(
        """
        distant recurrence-free survival | distant relapse-free survival | DRFS | dRFI
        """
    ),
    "distant_metastasis_free_survival": _names(
        """
        distant metastasis-free survival | DMFS | free of distant metastasis
        """
    ),
    "metastasis_free_survival": _names("metastasis-free survival | MFS"),
    "recurrence_free_survival": _names(
        """
        alive and recurrence-free | recurrence-free and alive | alive without recurrence | alive and
        relapse-free | alive and free of recurrence | recurrence-free survival | relapse-free survival | RFS |
        recurrence or death | relapse or death | free of recurrence | recurrence-free | relapse-free | death or
        recurrence | free from recurrence
        """
    ),
    "event_free_survival": _names(
        """
        alive and event-free | event-free and alive | alive without an event | event-free survival | EFS
        """
    ),
    "failure_free_survival": _names("failure-free survival | FFS"),
    "objective_response": _names(
        """
        objective response | objective response rate | overall response rate | overall response | ORR | response
        rate | tumor response | confirmed response | confirmed objective response | responded | response | tumors
        shrank | tumor shrank | responding | had an objective response
        """
    ),
    "complete_response": _names(
        """
        complete response | complete response rate | complete remission | CR | complete ones | complete metabolic
        response
        """
    ),
    "pathologic_complete_response": _names(
        """
        pathologic complete response | pathological complete response | pCR
        """
    ),
    "partial_response": _names("partial response | PR | partial remission"),
    "stable_disease": _names("stable disease | SD"),
    "progressive_disease": _names("progressive disease"),
    "clinical_benefit": _names("clinical benefit | clinical benefit rate | CBR"),
    "disease_control": _names("disease control | disease control rate | DCR"),
    "duration_of_response": _names(
        """
        duration of response | DOR | response duration | response lasted | duration of objective response | duration
        of confirmed response
        """
    ),
    "time_to_response": _names("time to response | median time to response"),
    "minimal_residual_disease": _names(
        """
        minimal residual disease | MRD negativity | MRD-negative | MRD negative | MRD | measurable residual disease
        """
    ),
    "death": _names(
        """
        death | died | dying | death from any cause | all-cause mortality | all-cause death | mortality | death of
        any cause | any-cause death | any-cause mortality | dead | no longer alive | case fatality | lost their
        lives | chance of dying | risk of dying | risk of death | mortality rate | death rate | deaths from any
        causes | death due to any cause | fatality
        """
    ),
    "cardiovascular_death": _names(
        """
        cardiovascular death | death from cardiovascular causes | cardiovascular mortality | CV death | CV mortality
        | death from CV causes | died of cardiovascular causes | cardiac death | cardiovascular-related death | died
        from cardiovascular causes | death due to cardiovascular causes
        """
    ),
    "major_adverse_cardiovascular_events": _names(
        """
        MACE | major adverse cardiovascular event | major adverse cardiac event | 3-point MACE
        """
    ),
    "myocardial_infarction": _names("myocardial infarction | heart attack | MI | infarction"),
    "nonfatal_myocardial_infarction": _names(
        """
        nonfatal myocardial infarction | non-fatal myocardial infarction | nonfatal MI | heart attack that was not
        fatal | nonfatal heart attack | non-fatal heart attack
        """
    ),
    "stroke": _names("stroke | any stroke"),
    "nonfatal_stroke": _names("nonfatal stroke | non-fatal stroke"),
    "ischemic_stroke": _names("ischemic stroke"),
    "hemorrhagic_stroke": _names("hemorrhagic stroke"),
    "stroke_or_systemic_embolism": _names(
        """
        stroke or systemic embolism | stroke or embolism | systemic embolism
        """
    ),
    "heart_failure_hospitalization": _names(
        """
        heart failure hospitalization | hospitalization for heart failure | hospitalized for heart failure |
        admission for heart failure | HF hospitalization | hospital stay for heart failure | hospital admission for
        heart failure | heart-failure hospitalization | hospitalization due to heart failure
        """
    ),
    "worsening_heart_failure": _names(
        """
        worsening heart failure | worsening HF | worsening of heart failure | worsening heart failure event
        """
    ),
    "hospitalization": _names("hospitalization | hospital admission | admitted to hospital"),
    "urgent_hospitalization": _names(
        """
        urgent hospitalization | urgent hospitalization for coronary revascularization | urgent hospitalization for
        angina
        """
    ),
    "resuscitated_cardiac_arrest": _names("resuscitated cardiac arrest | resuscitated arrest"),
    "cardiac_arrest": _names("cardiac arrest"),
    "revascularization": _names("revascularization | coronary revascularization"),
    "kidney_failure": _names("kidney failure | end-stage kidney disease | ESKD | renal failure"),
    "major_bleeding": _names("major bleeding | serious bleeding | severe bleeding | major hemorrhage"),
    "intracranial_hemorrhage": _names(
        """
        intracranial hemorrhage | intracranial bleeding | ICH | intracerebral hemorrhage
        """
    ),
    "symptomatic_intracranial_hemorrhage": _names(
        """
        symptomatic intracranial hemorrhage | symptomatic hemorrhage | symptomatic ICH | sICH | symptomatic
        intracerebral hemorrhage | symptomatic bleeding | symptomatic brain hemorrhage
        """
    ),
    "bleeding": _names("bleeding | any bleeding | hemorrhage | bled"),
    "death_due_to_bleeding": _names(
        """
        death due to bleeding | death from bleeding | bleeding death | died of bleeding
        """
    ),
    "venous_thromboembolism": _names("venous thromboembolism | VTE"),
    "pulmonary_embolism": _names("pulmonary embolism"),
    "deep_vein_thrombosis": _names("deep vein thrombosis | deep-vein thrombosis | DVT"),
    "functional_independence": _names("functional independence | functionally independent"),
    "annualized_relapse_rate": _names("annualized relapse rate | annual relapse rate | ARR"),
    "hba1c": _names("HbA1c | glycated hemoglobin | hemoglobin A1c | glycated haemoglobin | A1C"),
    "body_weight": _names("body weight | bodyweight | weight | weight loss | body-weight"),
    "ldl_cholesterol": _names("LDL cholesterol | LDL-C | low-density lipoprotein cholesterol"),
    "blood_pressure": _names("blood pressure | systolic blood pressure"),
    "sepsis": _names("sepsis | maternal sepsis"),
    "sepsis_or_death": _names("sepsis or death | sepsis or died"),
    "female": _names("female | women | woman | girls"),
    "male": _names("male"),
    "primary_endpoint": _names(
        """
        primary endpoint | the composite | primary end point | primary outcome | primary composite |
        primary composite endpoint |
        primary composite outcome | composite endpoint | composite end point | composite outcome | composite primary
        outcome | composite primary endpoint | principal outcome | main outcome | principal endpoint | main endpoint
        | primary-outcome event | primary composite end point | primary endpoint event | primary end-point event |
        composite primary end point | primary efficacy endpoint | primary efficacy outcome | primary efficacy end
        point
        """
    ),
    "safety_endpoint": _names("primary safety endpoint | primary safety outcome | primary safety end point"),
    "adverse_events": _names(
        """
        adverse event | AE | TEAE | side effect | treatment-emergent adverse event | any adverse event | adverse
        reaction | toxicity | adverse effect | adverse events of any cause | all-cause adverse event
        """
    ),
    "treatment_related_adverse_events": _names(
        """
        treatment-related adverse event | TRAE | drug-related adverse event | treatment-related AE |
        treatment-related toxicity | drug-related trouble | related adverse event
        """
    ),
    "serious_adverse_events": _names(
        """
        serious adverse event | SAE | serious side effect | serious AE | serious adverse reaction
        """
    ),
    "severe_adverse_events": _names("severe adverse event | severe AE | severe side effect"),
    "fatal_adverse_events": _names("fatal adverse event | fatal AE"),
    "immune_mediated_adverse_events": _names(
        """
        immune-mediated adverse event | immune-related adverse event | imAE | irAE
        """
    ),
    "treatment_discontinuation": _names(
        """
        discontinued | discontinuation | stopped treatment | discontinued treatment | treatment discontinuation |
        discontinued because of adverse events | discontinuation due to adverse events | adverse events leading to
        discontinuation | discontinued due to adverse events | discontinuation because of adverse events | stopping
        for side effects | stopped because of side effects | stopped because of adverse events | withdrew | stopped
        for side effects | adverse event leading to treatment discontinuation | discontinued treatment because of
        adverse events | discontinued treatment due to adverse events
        """
    ),
    "treatment_related_death": _names(
        """
        treatment-related death | treatment related mortality | drug-related death
        """
    ),
    "quality_of_life": _names("quality of life | QoL | HRQoL"),
}
"""Endpoint → words that mean it, in any spelling and number."""

TERMS: tuple[str, ...] = _names(
    """
    high blood pressure | neutropenia | febrile neutropenia | anemia | thrombocytopenia | leukopenia | lymphopenia
    | diarrhea | nausea
    | vomiting | fatigue | rash | hypertension | hypotension | hyperkalemia | hypokalemia | hypoglycemia |
    hyperglycemia | pneumonia | pneumonitis | interstitial lung disease | stomatitis | mucositis | alopecia |
    peripheral neuropathy | neuropathy | headache | constipation | abdominal pain | cough | dyspnea | pyrexia |
    fever | chills | injection site reaction | injection-site reaction | infusion reaction | infusion-related
    reaction | infection | serious infection | urinary tract infection | upper respiratory tract infection |
    arthralgia | myalgia | back pain | dizziness | insomnia | pruritus | hepatotoxicity | transaminase elevation
    | proteinuria | hand-foot syndrome | hypothyroidism | colitis | hepatitis | myocarditis | cytokine release
    syndrome | atrial fibrillation | acute kidney injury | hot flash | hot flush | lymphedema | edema |
    peripheral edema | decreased appetite | weight gain | dysgeusia | dry mouth | eye complication | diabetic
    retinopathy | pancreatitis | gallbladder disorder | amyloid-related imaging abnormality | ARIA-E | ARIA-H |
    ARIA | genital infection | ketoacidosis | diabetic ketoacidosis | dyspepsia | stomach upset | hyponatremia |
    QT prolongation
    """
)
"""Terms of adverse events."""

BOTH, ALL, OTHER, SAME = "*both*", "*all*", "*other*", "*same*"
"""Names of mentions of each arm alike, of all arms together, of the arm not yet named and of the one just named."""

GENERAL: dict[str, tuple[str, ...]] = {
    "*control*": _names(
        """
        without it | without the drug |
        the untreated | the unvaccinated | the dummy | control group | control arm | control patients | controls
        | controls arm | monotherapy group | monotherapy arm | comparator group | comparator arm | control
        treatment | control regimen | standard group | standard arm | comparison group | placebo | placebo group
        | placebo arm | usual care | usual-care group | standard care | standard of care | standard-care group |
        standard therapy | standard treatment | placebo recipients | control therapy | dummy | control rings
        """
    ),
    "*experimental*": _names(
        """
        the treated | the vaccinated | vaccinated people | experimental group | experimental arm | intervention
        group | intervention arm | investigational arm | investigational group | treatment group | treatment arm
        | active group | active arm | active treatment group | combination group | combination arm | vaccine
        group | vaccine arm | vaccine recipients | vaccinated group | vaccinees | vaccine | the drug | study
        drug group | the intervention | the combination | active treatment | treated group | the pair
        """
    ),
    BOTH: _names(
        """
        the 2 groups | 2 groups | two groups | 2 arms | two arms | both groups | both arms | both treatment
        groups | both treatment arms | each group | each arm | the two groups | the two arms | either group |
        either arm | both study groups | in both | both treatments | all groups | all arms | the three groups |
        each treatment group | each treatment arm | neither group | neither arm | across groups | across arms |
        between groups | both cohorts | all three groups
        """
    ),
    ALL: _names(
        """
        all patients | all participants | overall | in total | entire cohort | whole cohort | entire population |
        combined population | total population | of the patients | whole study population | all those | altogether
        | all randomized patients | two groups taken together | both groups combined | both arms combined | groups
        combined | other two groups | other two arms | two groups together | pooled
        """
    ),
    OTHER: _names(
        """
        the other group | the other arm | other group | other arm | in the other | the latter
        """
    ),
    SAME: _names(
        """
        this group | this arm | that group | that arm | same group | same arm | the former | those who received it
        | these patients | who received it
        """
    ),
    "*first*": _names(
        """
        first arm | first group | former group
        """
    ),
    "*second*": _names(
        """
        second arm | second group | in the second
        """
    ),
}
"""Words that mean an arm by its part in the trial, whatever is given in it."""

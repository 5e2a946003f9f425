# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines that the plugin writes into its reports, and what each of them means.

Private to this collection. A pattern is literal text with C(*) for what varies; its parts are looked for from left to
right, so a line costs time in proportion to its length. A placeholder that the plugin left unfilled is text like any
other.
"""

from __future__ import annotations

from functools import cache

# What a line says of its row. SIM stands only in the report of a simulated run.
CREATED, UPDATED, DELETED, OK = "created", "updated", "deleted", "ok"
SKIPPED, FAILED, WARNING, INFO, FATAL, SIM = "skipped", "failed", "warning", "info", "fatal", "sim"

PREFIXES = ("SIMULATION : ", "SIMULATION: ", "SIMULATE: ")

# key: (class, English, French). A key without texts is a string that the plugin forgot: Moodle shows it as [[key]].
SHARED = {
    "filenotfound": (FATAL, "File * not found.", "Le fichier * n'a pas été trouvé"),
    "endofreport": (INFO, "end of report", "Fin du rapport de traitement"),
    "invalidseparatordetected": (
        FATAL,
        "Invalid separator detected. The file formatting may not match the tool settings.",
        "Séparateur de champ innatendu dans les noms de colonne. Le format du fichier ne semble pas correspondre au régalge de l'outil.",
    ),
    "errornullcsvheader": (
        FATAL,
        "Error : Null CSV columns are not permitted in header",
        "Erreur ; Les colonnes du fichier CSV doivent toutes être nommées",
    ),
    "error/invalidfieldname": (FATAL, '"*" is not a valid field name'),
    "error/fieldrequired": (FATAL, '"*" is a required field'),
    "errorinvalidcolumnname": (
        FATAL,
        "Error: column name as n* is invalid",
        'Erreur : nom de colonne "*" invalide',
    ),
    "errorrequiredcolumn": (FATAL, "Error : Missing column: *", "Erreur : colonne requise : *"),
    "errorinvalidfieldname": (FATAL, 'Error: invalide field name "*"', 'Erreur : nom de champ "*" invalide'),
    "reportdisabledbyconf": (
        INFO,
        "Not storing report (disabled by config)",
        "Rapport non sauvegardé (désactivé dans la configuration)",
    ),
    "trybackdisabledbyconf": (
        INFO,
        "Not storing tryback (disabled by config)",
        "Fichier de reprise non généré (désactivé dans la configuration)",
    ),
    "archivingdisabledbyconf": (
        INFO,
        "Not archiving input file (disabled by config)",
        "Fichier de commande non archivé (désactivé dans la configuration)",
    ),
    "cleanupdisabledbyconf": (
        INFO,
        "Not cleaning out input file (disabled by config)",
        "Fichier de commande non supprimé (désactivé dans la configuration)",
    ),
    "roleassigned": (INFO,),
    "moodle/addedtogroup": (OK, 'Added to group "*"'),
    "moodle/addedtogroupnot": (FAILED, 'Not added to group "*"'),
    "moodle/addedtogroupnotenrolled": (SKIPPED, 'Not added to group "*", because not enrolled in course'),
    # Lines that are in no language file.
    "starting": (INFO, "Starting...*"),
    "cleaned": (INFO, "Cleaning out input file... cleaned."),
    "storing": (INFO, "Storing report*"),
    "finalization": (INFO, "Finalization"),
    "singlefile": (INFO, "SINGLE FILE mode*"),
    "debugstep": (INFO, ">> *"),
    "grouping": (INFO, "Grouping..."),
    "rearming": (INFO, "Rearming for next run"),
}

_INVALID = "Error at line *: Invalid value for field * "
_INVALIDE = "Erreur ligne * : Valeur du champ * invalide "

_COURSES = {
    "startingcreate": (INFO, "Starting creating courses..."),
    "coursecreated": (
        CREATED,
        "Course [*] * has been created with id *.",
        "Le cours [*] * a été créé sous l'id *.",
    ),
    "creatingcoursefromarchive": (INFO, "Creating course with *", "Création du cours à partir de *"),
    "courseupdated": (
        UPDATED,
        "Course [*] {*} * updated on id *.",
        "Cours [*] {*} * mis à jour sous l'id *.",
    ),
    "errorcourseupdated": (
        FAILED,
        "Error at line *: Course * update failed.",
        "Erreur ligne *: Erreur sur la mise à jour du cours *.",
    ),
    "courseexists": (OK, "Course [*] {*} * already exists.", "Le cours [*] * existe déjà sous l'id *."),
    "errorbadcount": (
        FAILED,
        "Error at line * : * values found. * expected.",
        "Erreur ligne * : * valeurs trouvées. * attendues.",
    ),
    "catidnumbererror": (
        FAILED,
        "Course category idnumber * not found",
        "Identification de catégorie * non trouvée",
    ),
    "errorcategorycreate": (
        FAILED,
        "Error at line *: An error occured creating category with name *, meaning a total * category(ies) failed",
        "Erreur ligne * : Erreur pendant la création de la catégorie nommée *, un total de * categorie(s) ont échoué.",
    ),
    "errorcategoryparenterror": (
        FAILED,
        "Error at line *: Course with shortname * could not be created because parent category(ies) failed",
        "Erreur ligne * : Le cours * n'a pu être créé car la (les) catégorie(s) sont manquantes.",
    ),
    "errorshortnamecollision": (
        FAILED,
        "Error at line * : new course identified by * has colliding shortname * with another existing course.",
        "Erreur ligne * : Un cours à créer identifié par * a un nom court * déjà utilisé par un autre cours.",
    ),
    "errornoteacheraccountkey": (
        WARNING,
        "Error at line *: Invalid value for field teacher* - other fields were specified but required teacher *_account was null.",
        "Erreur ligne * : Valeur invalide pour le champ teacher * - d'autres champs ont été spécifiés mais le champ *_account est nul.",
    ),
    "errorvalidationstringlength": (WARNING, _INVALID + "(length &gt; *).", _INVALIDE + "(longueur &gt; *)."),
    "errorvalidationempty": (WARNING, _INVALID + "(only spaces or missing).", _INVALIDE + "(vide ou espaces)."),
    "errorvalidationintegercheck": (WARNING, _INVALID + "(not an integer).", _INVALIDE + "(n'est pas entier)."),
    "errorvalidationintegerabove": (WARNING, _INVALID + "(&gt; *).", _INVALIDE + "(&gt; *)."),
    "errorvalidationintegerbeneath": (WARNING, _INVALID + "(&lt; *).", _INVALIDE + "(&lt; *)."),
    "errorvalidationtimecheck": (WARNING, _INVALID + "(Bad Timestamp).", _INVALIDE + "(n'est pas un temps valide)."),
    "errorvalidationvalueset": (
        WARNING,
        _INVALID + "(Must be one of *).",
        _INVALIDE + "(doit être dans l'ensemble *).",
    ),
    "errorvalidationcategoryid": (
        WARNING,
        _INVALID + "(No Category with ID *).",
        _INVALIDE + "(pas de catégorie d'ID *).",
    ),
    "errorvalidationcategoryunpathed": (WARNING, _INVALID + "(Path string not set).", _INVALIDE + "(chemin vide)."),
    "errorvalidationcategorybadpath": (
        WARNING,
        _INVALID + '(Path string "*" invalid - not delimited correctly).',
        _INVALIDE + '(chemin "*" invalide - mauvais délimiteurs).',
    ),
    "errorvalidationcategorylength": (
        WARNING,
        _INVALID + '(Category name "*" length &gt; 30).',
        _INVALIDE + '(longueur de nom de catégorie "*" &gt; 30).',
    ),
    "errorvalidationcategorytype": (
        WARNING,
        'Eror at line *: Invalid value for field * (Path string "*" invalid - category name at position * as shown is invalid).',
        'Erreur line * : Valeur du champ * invalide (chemin "*" invalide - le nom de la catégorie à la posiiton * as shown est invalide).',
    ),
    "errorvalidationbadtype": (
        WARNING,
        _INVALID + "(not an integer or string).",
        _INVALIDE + "(ni un entier ni du texte).",
    ),
    "errorvalidationbaduserid": (
        WARNING,
        _INVALID + "(No User with ID *).",
        _INVALIDE + "(pas d'utilisateur avec l'ID \"*\").",
    ),
    "errorvalidationmultipleresults": (
        WARNING,
        _INVALID + "(Search string ambiguous; returned multiple [*] results).",
        _INVALIDE + "(recherche ambigüe; résultat multiple à [*] réponses).",
    ),
    "errorvalidationsearchmisses": (
        WARNING,
        _INVALID + "(Search string returned a nonexistent user ?!).",
        _INVALIDE + "(la recherche aboutit à un utilisateur inexistant ?!).",
    ),
    "errorvalidationsearchfails": (
        WARNING,
        _INVALID + "(Search string returned no results).",
        _INVALIDE + "(la recherche n'a pas de résultats).",
    ),
    "errorinputconditions": (
        FAILED,
        "Incorrect course create input condition in function call.",
        "Mauvaises conditions d'entée dans la fonction de création de cours.",
    ),
    "errorbackupfile": (
        FAILED,
        "Something was wrong with the backup file (Error code: *).",
        "Une erreur s'est produite en rapport à l'archive de cours (Code erreur: *).",
    ),
    "errorprecheck": (FAILED, "Error in precheck phase", "Erreur en phase de precheck"),
    "errorsectioncreate": (
        FAILED,
        "Error at line *: Could not create topic sections for course with shortname *",
        "Erreur ligne * : Erreur pendant la création des sections du cours *",
    ),
    "errorteacherenrolincourse": (
        FAILED,
        "Error at line *: Could not enrol teachers for course with shortname *",
        "Erreur ligne * : Impossible d'enroler les enseignants du cours *",
    ),
    "errorteacherrolemissing": (
        FAILED,
        "Error at line *: Could not find teacher role for course with shortname *",
        "Erreur ligne * : Le rôle enseignant du cours * n'a pas pu être déterminé",
    ),
    "errorcoursemisconfiguration": (
        FAILED,
        "Error at line *: Could not enrol teacher for course due to course misconfiguration. Course shortname: *",
        "Erreur ligne * : Le cours * est mal configuré. Les enseignants ne peuvent y être enrolés.",
    ),
    "errortemplatenotfound": (
        FAILED,
        "Error at line *: Could not find template course with shortname *. Course with shortname * failed.",
        "Erreur ligne * : Le gabarit de cours * n'a pas pu être trouvé ou n'a pas d'archives. Le cours * n'a pas pu être créé.",
    ),
    "errorrestoringtemplatesql": (
        FAILED,
        "Error at line *: SQL Template Error for template course with shortname * Course with shortname * failed.",
        "Erreur ligne * : Erreur SQL pour le gabarit *. Le cours * n'a pas pu être créé.",
    ),
    "errorrestoringtemplate": (
        FAILED,
        "Error at line *: An Error occured creating course with shortname * from template backup",
        "Erreur ligne * : Erreur de restauration pour le cours *",
    ),
    "errornocourses": (
        FATAL,
        "Error : No courses were parsed from CSV",
        "Erreur : Aucun cours traité dans ce CSV",
    ),
    "willcreatecategory": (SIM, "Will create category *", "Va créer la catégorie *"),
    "willcreatecourseontemplate": (
        SIM,
        "Will create course [*] * identified by (*) on template *",
        "Va créer le cours [*] * identifié par (*) avec le template *",
    ),
    "willcreatecourse": (
        SIM,
        "Will create course [*] * identified by (*)",
        "Va créer le cours [*] * identifié par (*)",
    ),
    "willupdatecourse": (
        SIM,
        "Will update course [*] * identified by (*)",
        "Va mettre à jour le cours [*] * identifié par (*)",
    ),
    "codingerror": (WARNING, "Coding Error: *"),
    "guestaccess": (INFO, "Adding guest/self access to course *"),
    # delete
    "startingdelete": (INFO, "Starting deleting courses..."),
    "coursedeleted": (DELETED, "Course * deleted.", "Cours * supprimé."),
    "coursenotfound": (
        SKIPPED,
        "Course * does not exist in this Moodle.",
        "Le cours * n'existe pas dans moodle.",
    ),
    # check
    "startingcheck": (INFO, "Starting check courses...", "Démarrage de la vérification d'existence..."),
    "coursefoundas": (
        OK,
        "Course with idnumber {*} found as : <ol><li>fullname = * </li><li> shortname = *</li></ol>",
        "Le cours d'idnumber {*} existe : <ol><li>fullname = * </li><li> shortname = *</li></ol>",
    ),
    "coursenotfound2": (
        SKIPPED,
        'Course with idnumber "*" "*" not found in this moodle',
        "Le cours d'idnumber [*] \"*\" n'existe pas dans moodle",
    ),
    # reset
    "startingreset": (INFO, "Starting resetting courses...", "Démarrage de la réinitialisation..."),
    "resettingcourse": (UPDATED, "Resetting course:*", "Réinitialisation du cours :*"),
    "missingidentifier": (
        FATAL,
        "Required identifier * is missing in input data",
        "L'identifiant * requis par la configuration est manquant dans le fichier",
    ),
    "nonuniqueidentifierexception": (
        SKIPPED,
        "The ID number at row * leads to a non unique course identification. Reinitialisation is bypassed for those courses",
        "Cette valeur d'identifiant à la ligne * désigne plusieurs cours. La réinitialisation est annulée pour ces cours.",
    ),
    "unkownshortname": (FAILED,),
    "noeventstoprocess": (
        INFO,
        "Not resetting event at line *",
        "Pas de réinitialisation d'événements à la ligne *",
    ),
    "nocompletiontoprocess": (
        INFO,
        "Not resetting completion data*",
        "Pas de réinitialisation d'achèvement à la ligne *",
    ),
    "noblogstoprocess": (INFO,),
    "nologstoprocess": (INFO, "Not resetting logs at line *", "Pas  de réinitialisation de logs à la ligne *"),
    "nonotestoprocess": (
        INFO,
        "Not resetting notes at line *",
        "Pas de réinitialisation d'annotations à la ligne *",
    ),
    "nocommentstoprocess": (INFO,),
    "nolocalroletoprocess": (INFO,),
    "nogradestoprocess": (INFO, "Not resetting grades at line *", "Pas de réinitialisation de notes à la ligne *"),
    "nogrouptoprocess": (INFO, "Not resetting groups at line *", "Pas de réinitialisation de groupes à la ligne *"),
    "nogroupingtoprocess": (INFO,),
    "summary": (INFO, "Summary:"),
    "simulationsummary": (INFO, "SIMULATION Summary:"),
    # An empty cell gives the first of these, since the plugin takes it for a role without a name.
    "norole": (INFO, "[Error] role  unkown."),
    "unknownrole": (FAILED, "[Error] role * unkown."),
    "settingidentifier": (INFO, "Setting default identifier *"),
    # bindmetas
    "metalinkcreated": (
        CREATED,
        "Metacourse binding for * from * created",
        "Liaison Metacours pour * à partir de * créée",
    ),
    "metalinkrevived": (
        OK,
        "Metacourse binding for * from * restored",
        "Liaison Metacours pour * à partir de * restaurée",
    ),
    "metalinkdisabled": (
        UPDATED,
        "Metacourse binding for * from * disabled",
        "Liaison Metacours pour * à partir de * désactivée",
    ),
}

_ENROLLED = (OK, "User * enrolled in course *", "Utilisateur * inscrit dans le cours *")
_ENROL_FAILED = (FAILED, "Enrol failed. * in course *", "Erreur d'inscription. * dans le cours *")

_USERS = {
    "usersstarting": (
        INFO,
        "Starting users synchronisation...",
        "Démarrage de la synchronisation des utilisateurs...",
    ),
    "useraccountadded": (CREATED, "User account added: *", "Utilisateur ajouté : *"),
    "useraccountupdated": (UPDATED, "User account changed: *", "Utilisateur modifié : *"),
    "userrevived": (UPDATED, "User was revived : *", "Utilisateur supprimé réanimé : *"),
    "usercreatecollision": (
        FAILED,
        "Error : User username collision when creating *",
        "Error : Collision d'identifiant à la création de *",
    ),
    "userupdatecollision": (
        FAILED,
        "Error : User username collision when updating *",
        "Error : Collision d'identifiant à la mise à jour de *",
    ),
    # In French both e-mail collisions read the same.
    "usercreatemailcollision": (
        FAILED,
        "Error : User email collision when creating *",
        "Error : Collision d'adresse mail à la création de *",
    ),
    "userupdatemailcollision": (FAILED, "Error : User email collision when updating *"),
    "usernotaddederror": (FAILED, "Error on account creation : *", "Erreur de création de compte : *"),
    "usernotupdatederror": (FAILED, "Error on account update : *", "Erreur de modification de compte : *"),
    "usernotrenamedexists": (
        FAILED,
        "Error on account rename (target name exists) : *",
        "Erreur sur renommage de compte (cible existe) : *",
    ),
    "usernotrenamedmissing": (
        FAILED,
        "Error on acocunt rename (source account missing) : *",
        "Erreur sur renommage de compte (compte source manquant) : *",
    ),
    "error/missingfield": (FATAL, 'Field "*" is missing*'),
    "error/unknowncourse": (FAILED, 'Unknown course named "*"'),
    "errornomanualenrol": (
        WARNING,
        "No manual enrol. Disabling enrolment activation.",
        "Aucun plugin d'inscription manuel disponible. Désactivation de l'inscription pour cet utilsiateur.",
    ),
    "enrolled": _ENROLLED,
    "errorenrol": _ENROL_FAILED,
    "roleadded": (OK, 'Role "*" added on context *', 'Role "*" ajouté dans le contexte *'),
    "enrollednot": (
        FAILED,
        "User enrol * failure in course *. Enrol and role data in file are not consistant.",
        "Echec inscription * dans le cours *. Les données de rôle (rolex) et d'inscription (enrolx) ne sont pas correctes.",
    ),
    "groupnotaddederror": (FAILED, "Error on group assignation : *", "Erreur de création de groupe : *"),
    "creatingcohort": (SIM, "Creating cohort *", "La cohorte * sera créée."),
    "registeringincohort": (SIM, "Will register in cohort *", "Inscription dans la cohorte *"),
    "groupadded": (SIM,),
    "userunknownremotely": (INFO, "User * unkown on remote end", "L'utilisateur * n'existe pas sur le distant"),
    "userexistsremotely": (INFO, "User * exists on remote end", "L'utilisateur * existe déjà sur le distant"),
    "usercreatedremotely": (CREATED, "User * created on *", "Utilisateur * créé sur *"),
    "remoteenrolled": (
        OK,
        "User * remote enrolled as * on * on course *",
        "Utilisateur * inscrit en tant que * sur * dans le cours *",
    ),
    "remoteserviceerror": (FAILED, "Remote service error", "Erreur du service distant"),
    "communicationerror": (
        FAILED,
        "Communication error with remote. Errors : *",
        "Erreur de communication avec le distant. Erreurs : *",
    ),
    "errorrpcparams": (FAILED, "Error : RPC param error: *", "Erreur de paramètres RPC : *"),
}

_ENROLS = {
    "enrolled": _ENROLLED,
    "unenrolled": (DELETED, "User * unenrolled from course *"),
    "assign": (OK, 'Role "*" added for * in course *', 'Role "*" assigné à * dans le cours *'),
    "alreadyassigned": (
        OK,
        "User * already assigned to * in course *",
        "L'utilisateur * est déjà assigné au role * dans le cours *",
    ),
    "unassign": (
        DELETED,
        "The * role asignation deletion for * in course *",
        "Suppression du rôle * de * dans le cours *",
    ),
    "unassignall": (
        DELETED,
        "All role deletion for * in course *",
        "Suppression de tous les rôles de * du cours *",
    ),
    "enrolupdated": (
        UPDATED,
        "User * enrolment in course * has been *",
        "L'inscription * de l'utilisateur * a été * dans le cours *",
    ),
    "allenrolsupdated": (UPDATED,),
    "errornouser": (FAILED, "Error at line *: * : No such user", "Erreur ligne * : * : L'utilisateur n'existe pas"),
    "errornocourse": (FAILED, "Error at line * : * : No such course", "Erreur ligne * : * : Le cours n'existe pas"),
    "errornullcourseidentifier": (
        FAILED,
        "Error at line *: Null or invalid course identifier.",
        "Identifiant de cours nul ou invalide à la ligne *.",
    ),
    "errornorole": (
        FAILED,
        "Error at line *: * : you need mention a role identifier for assigning or changing assignation",
        "Erreur ligne * : * : précisez un identifiant de rôle pour un ajout ou un changement d'assignation",
    ),
    "errorbadcmd": (
        FAILED,
        "Error at line * : * : bad command column value.",
        "Erreur ligne * : * : erreur de valeur dans la colonne cmd.",
    ),
    "errornoenrolmethod": (
        WARNING,
        "The required enrol method is not active in the course",
        "La méthode d'inscription invoquée n'est pas active dans ce cours",
    ),
    "errorunenrol": (FAILED, "Unenrol failed. * in course *", "Erreur de désincription. * dans le cours *"),
    "errorenrol": _ENROL_FAILED,
    "errorenrolupdate": (
        FAILED,
        "Enrol update failed. * in course *",
        "Erreur de mise à jour de l'inscription. * dans le cours *",
    ),
    "errorunassign": (
        FAILED,
        "Error ligne * : * : Role * unassignation failed.",
        "Erreur ligne * : * : la désassignation du rôle * à échoué.",
    ),
    "unassignerror": (FAILED,),
    "errorassign": (FAILED,),
    "errorgcmdvalue": (
        FAILED,
        "Error at line * : * : No group command column value",
        "Erreur ligne * : * : la valeur de gcmd n'existe pas",
    ),
    "groupcreated": (
        CREATED,
        "Group * created in course *",
        "Le groupe * a été créé dans le cours *",
    ),
    "addedtogroup": (OK, "User * added to group *", "L'utilisateur * a été ajouté au groupe *"),
    "addedtogroupnot": (FAILED, "User * NOT added to group *", "L'utilisateur * n'a pas été ajouté au groupe *"),
    "groupunknown": (
        FAILED,
        "This group * is not known in * and cannot be created.",
        "Le groupe * n'existe pas dans * et la commande ne permet pas la création.",
    ),
    "errorgroupnotacreated": (FAILED,),
    "groupassigndeleted": (
        INFO,
        "Previous group assignments deleted for * in course *",
        "Les assignations de groupe sont supprimées pour l'utilisateur * dans le cours *",
    ),
    "removedfromgroup": (DELETED, "User * removed from group *", "Utilisateur * supprimé du groupe *"),
    "removedfromgroupnot": (
        SKIPPED,
        "User * not removed from group * (may not exist)",
        "Utilisateur * non supprimé du groupe * (le groupe n'existe peut être pas)",
    ),
    # Not in a language file.
    "linefailed": (FAILED, "Line * : * role : * ==> *", "Ligne * : * role : * ==> *"),
    "groupexception": (FAILED, "Global group * exception on line *"),
}

_COHORTS = {
    "cohortsstarting": (INFO, "Cohort sync starting...", "Démarrage synchronisation des cohortes..."),
    "startingcohorts": (INFO, "Starting cohorts operations..."),
    "startingbinding": (INFO, "Starting binding cohorts..."),
    "cohortcreated": (CREATED, "Cohort * created", "Cohorte * ajoutée"),
    "cohortupdated": (
        OK,
        "The cohort [*] * has been updated.",
        "La cohorte [*] * a été mise à jour.",
    ),
    "cohortmemberadded": (
        UPDATED,
        "Cohort member * (*) added to cohort *",
        "Utilisateur * (*)  ajouté à la cohorte *",
    ),
    "cohortalreadymember": (
        OK,
        "User * (*) already member of cohort *",
        "L'utilisateur * (*) est déjà membre de *",
    ),
    "cohortmemberremoved": (
        DELETED,
        "Cohort member * (*) removed from cohort *",
        "Utilisateur * (*) supprimé de la cohorte *",
    ),
    "cohortdeleted": (DELETED, "Cohort * deleted"),
    "cohortfreed": (UPDATED, "Cohort [*] * emptied", "Cohorte [*] * réinitialisée"),
    "cohortmissinguser": (FAILED, "User * does no exit in moodle", "L'utilisateur * n'existe pas dans moodle"),
    "cohortnotfound": (
        FAILED,
        "Cohort * as * was not found. Script cannot create.",
        "La cohorte * identifié par * n'a pas été trouvée. La création n'est pas possible.",
    ),
    "cohortconflict": (
        FAILED,
        "The cohort creation has been skeeped because conflicting by *.",
        "La cohorte n'a pas été créée à cause d'un conflit sur le *.",
    ),
    "cohortprimaryidentifiermissing": (
        FAILED,
        "Primary identifier (*) for cohort was not given on line *. Cannot perform. Skipping.",
        "L'identifiant primaire (*) de cohorte est absent en ligne *. Abandon.",
    ),
    "cohortnotexists": (
        SKIPPED,
        "Cohort * not found by *. Skipping.",
        "Cohorte * inexistante pour l'identifiant *. Abandon.",
    ),
    "cohortbadcontext": (WARNING, "Bad context (missing required category *) for cohort"),
    "cohortbindingbadroleid": (
        FAILED,
        "The explicit role * could not be found. Skipping.",
        "Le role explicite * n'a pas pu être trouvé. Abandon.",
    ),
    "cohortbindingbadcourseid": (
        FAILED,
        "The expected course * could not be found. Skipping.",
        "Le cours * n'a pas pu être trouvé. Abandon.",
    ),
    "cohortbindingbadcohortid": (
        FAILED,
        "The expected cohort * could not be found. Skipping.",
        "La cohorte * n'a pas pu être trouvée. Abandon.",
    ),
}

#: The strings of each service.
TABLES = {
    "courses": _COURSES,
    "users": _USERS,
    "enrols": _ENROLS,
    "cohorts": _COHORTS,
}


class Pattern:
    """One text of a string. match(line) returns what stands for each * as a list, or None."""

    __slots__ = ("key", "cls", "head", "middle", "tail")

    def __init__(self, key, cls, text):
        self.key, self.cls = key, cls
        # Moodle hands over the report's lines with spaces at their ends, or without.
        parts = text.rstrip().split("*")
        self.head, self.middle, self.tail = parts[0], parts[1:-1], parts[-1] if len(parts) > 1 else None

    def match(self, line):
        if self.tail is None:
            return [] if line == self.head else None
        place, end = len(self.head), len(line) - len(self.tail)
        if place > end or not line.startswith(self.head) or not line.endswith(self.tail):
            return None
        found = []
        for part in self.middle:
            next_place = line.find(part, place, end)
            if next_place < 0:
                return None
            found.append(line[place:next_place])
            place = next_place + len(part)
        found.append(line[place:end])
        return found


class Index:
    """The patterns of a service by how they start: by two words, by one, by the first character, in that order."""

    def __init__(self, tables):
        self._missing, self._by_start = {}, {}
        for table in tables:
            for key, (cls, *texts) in table.items():
                self._missing.setdefault(f"[[{key.split('/')[-1]}]]", (key, cls))
                for text in texts:
                    self._add(Pattern(key, cls, text))
        for patterns in self._by_start.values():
            patterns.sort(key=lambda pattern: -len(pattern.head) - sum(map(len, pattern.middle)))

    def _add(self, pattern):
        words = pattern.head.split(" ")
        # The last word of the head may go on in what the * stands for.
        whole = len(words) if pattern.tail is None else len(words) - 1
        start = " ".join(words[:2]) if whole >= 2 else words[0] if whole == 1 else pattern.head[:1]
        self._by_start.setdefault(start, []).append(pattern)

    def match(self, line):
        """(key, class, captures) of a line without its prefix and outer blanks, or None."""
        # What stands for the last placeholder may be empty, and the space before it gone.
        return self._match(line) or self._match(line + " ")

    def _match(self, line):
        if line.startswith("[["):
            known = self._missing.get(line[: line.find("]]") + 2])
            return None if known is None else (*known, [])
        first, _space, rest = line.partition(" ")
        for start in (f"{first} {rest.partition(' ')[0]}", first, line[:1]):
            for pattern in self._by_start.get(start, ()):
                found = pattern.match(line)
                if found is not None:
                    return pattern.key, pattern.cls, found
        return None


@cache
def index_for(service):
    """The Index of a service: its own strings and the shared ones."""
    return Index([SHARED, TABLES[service]])


def without_prefix(line):
    """(line without the prefix of a simulated run, whether it had one)."""
    if line.startswith("SIMUL"):
        for prefix in PREFIXES:
            if line.startswith(prefix):
                return line[len(prefix) :], True
    return line, False


def tidy(line):
    """A line without blanks around it, and without the two characters that the plugin means for a line end."""
    line = line.strip()
    return line[:-2].rstrip() if line.endswith("\\n") else line

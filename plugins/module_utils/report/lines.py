# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines that the plugin writes into its reports, and what each of them means.

Private to this collection. A pattern is literal text with C(*) for what varies; its parts are looked for from left to right, so a line
costs time in proportion to its length. A placeholder that the plugin left unfilled is text like any other.

The tables say it class by class: key, English text, French text, with ( | ) between the two; what is indented further goes on with the
line before. A key without texts is a string that the plugin forgot: Moodle shows it as [[key]].
"""

from __future__ import annotations

import re
from functools import cache

#: What a line says of its row. Besides, there are info, and sim in the report of a simulated run.
FATAL, FAILED, WARNING, SKIPPED = "fatal", "failed", "warning", "skipped"
CREATED, UPDATED, DELETED, OK = "created", "updated", "deleted", "ok"

PREFIXES = ("SIMULATION : ", "SIMULATION: ", "SIMULATE: ")


def _table(text):
    """key -> (class, text, text in French), of a table as it stands below."""
    table, cls = {}, None
    for entry in re.split(r"\n(?! {4})", text.strip("\n")):
        if not entry.startswith("  "):
            cls = entry
            continue
        key, _colon, texts = re.sub(r"\n +", " ", entry).strip().partition(":")
        table[key] = (cls, *filter(None, texts.strip().split(" | ")))
    return table


SHARED = _table("""
fatal
  filenotfound: File * not found. | Le fichier * n'a pas été trouvé
  invalidseparatordetected: Invalid separator detected. The file formatting may not match the tool settings.
    | Séparateur de champ innatendu dans les noms de colonne. Le format du fichier ne semble pas correspondre au régalge de l'outil.
  errornullcsvheader: Error : Null CSV columns are not permitted in header
    | Erreur ; Les colonnes du fichier CSV doivent toutes être nommées
  error/invalidfieldname: "*" is not a valid field name
  error/fieldrequired: "*" is a required field
  errorinvalidcolumnname: Error: column name as n* is invalid | Erreur : nom de colonne "*" invalide
  errorrequiredcolumn: Error : Missing column: * | Erreur : colonne requise : *
  errorinvalidfieldname: Error: invalide field name "*" | Erreur : nom de champ "*" invalide
failed
  moodle/addedtogroupnot: Not added to group "*"
skipped
  moodle/addedtogroupnotenrolled: Not added to group "*", because not enrolled in course
ok
  moodle/addedtogroup: Added to group "*"
info
  endofreport: end of report | Fin du rapport de traitement
  reportdisabledbyconf: Not storing report (disabled by config) | Rapport non sauvegardé (désactivé dans la configuration)
  trybackdisabledbyconf: Not storing tryback (disabled by config) | Fichier de reprise non généré (désactivé dans la configuration)
  archivingdisabledbyconf: Not archiving input file (disabled by config) | Fichier de commande non archivé (désactivé dans la configuration)
  cleanupdisabledbyconf: Not cleaning out input file (disabled by config)
    | Fichier de commande non supprimé (désactivé dans la configuration)
  roleassigned:
  starting: Starting...*
  cleaned: Cleaning out input file... cleaned.
  storing: Storing report*
  finalization: Finalization
  singlefile: SINGLE FILE mode*
  debugstep: >> *
  grouping: Grouping...
  rearming: Rearming for next run
""")

# norole: an empty cell gives it, since the plugin takes that for a role without a name.
_COURSES = _table("""
fatal
  errornocourses: Error : No courses were parsed from CSV | Erreur : Aucun cours traité dans ce CSV
  missingidentifier: Required identifier * is missing in input data
    | L'identifiant * requis par la configuration est manquant dans le fichier
failed
  errorcourseupdated: Error at line *: Course * update failed. | Erreur ligne *: Erreur sur la mise à jour du cours *.
  errorbadcount: Error at line * : * values found. * expected. | Erreur ligne * : * valeurs trouvées. * attendues.
  catidnumbererror: Course category idnumber * not found | Identification de catégorie * non trouvée
  errorcategorycreate: Error at line *: An error occured creating category with name *, meaning a total * category(ies) failed
    | Erreur ligne * : Erreur pendant la création de la catégorie nommée *, un total de * categorie(s) ont échoué.
  errorcategoryparenterror: Error at line *: Course with shortname * could not be created because parent category(ies) failed
    | Erreur ligne * : Le cours * n'a pu être créé car la (les) catégorie(s) sont manquantes.
  errorshortnamecollision: Error at line * : new course identified by * has colliding shortname * with another existing course.
    | Erreur ligne * : Un cours à créer identifié par * a un nom court * déjà utilisé par un autre cours.
  errorinputconditions: Incorrect course create input condition in function call.
    | Mauvaises conditions d'entée dans la fonction de création de cours.
  errorbackupfile: Something was wrong with the backup file (Error code: *).
    | Une erreur s'est produite en rapport à l'archive de cours (Code erreur: *).
  errorprecheck: Error in precheck phase | Erreur en phase de precheck
  errorsectioncreate: Error at line *: Could not create topic sections for course with shortname *
    | Erreur ligne * : Erreur pendant la création des sections du cours *
  errorteacherenrolincourse: Error at line *: Could not enrol teachers for course with shortname *
    | Erreur ligne * : Impossible d'enroler les enseignants du cours *
  errorteacherrolemissing: Error at line *: Could not find teacher role for course with shortname *
    | Erreur ligne * : Le rôle enseignant du cours * n'a pas pu être déterminé
  errorcoursemisconfiguration: Error at line *: Could not enrol teacher for course due to course misconfiguration. Course shortname: *
    | Erreur ligne * : Le cours * est mal configuré. Les enseignants ne peuvent y être enrolés.
  errortemplatenotfound: Error at line *: Could not find template course with shortname *. Course with shortname * failed.
    | Erreur ligne * : Le gabarit de cours * n'a pas pu être trouvé ou n'a pas d'archives. Le cours * n'a pas pu être créé.
  errorrestoringtemplatesql: Error at line *: SQL Template Error for template course with shortname * Course with shortname * failed.
    | Erreur ligne * : Erreur SQL pour le gabarit *. Le cours * n'a pas pu être créé.
  errorrestoringtemplate: Error at line *: An Error occured creating course with shortname * from template backup
    | Erreur ligne * : Erreur de restauration pour le cours *
  unkownshortname:
  unknownrole: [Error] role * unkown.
warning
  errornoteacheraccountkey: Error at line *: Invalid value for field teacher* - other fields were specified but required teacher *_account
    was null.
    | Erreur ligne * : Valeur invalide pour le champ teacher * - d'autres champs ont été spécifiés mais le champ *_account est nul.
  errorvalidationstringlength: Error at line *: Invalid value for field * (length &gt; *).
    | Erreur ligne * : Valeur du champ * invalide (longueur &gt; *).
  errorvalidationempty: Error at line *: Invalid value for field * (only spaces or missing).
    | Erreur ligne * : Valeur du champ * invalide (vide ou espaces).
  errorvalidationintegercheck: Error at line *: Invalid value for field * (not an integer).
    | Erreur ligne * : Valeur du champ * invalide (n'est pas entier).
  errorvalidationintegerabove: Error at line *: Invalid value for field * (&gt; *). | Erreur ligne * : Valeur du champ * invalide (&gt; *).
  errorvalidationintegerbeneath: Error at line *: Invalid value for field * (&lt; *).
    | Erreur ligne * : Valeur du champ * invalide (&lt; *).
  errorvalidationtimecheck: Error at line *: Invalid value for field * (Bad Timestamp).
    | Erreur ligne * : Valeur du champ * invalide (n'est pas un temps valide).
  errorvalidationvalueset: Error at line *: Invalid value for field * (Must be one of *).
    | Erreur ligne * : Valeur du champ * invalide (doit être dans l'ensemble *).
  errorvalidationcategoryid: Error at line *: Invalid value for field * (No Category with ID *).
    | Erreur ligne * : Valeur du champ * invalide (pas de catégorie d'ID *).
  errorvalidationcategoryunpathed: Error at line *: Invalid value for field * (Path string not set).
    | Erreur ligne * : Valeur du champ * invalide (chemin vide).
  errorvalidationcategorybadpath: Error at line *: Invalid value for field * (Path string "*" invalid - not delimited correctly).
    | Erreur ligne * : Valeur du champ * invalide (chemin "*" invalide - mauvais délimiteurs).
  errorvalidationcategorylength: Error at line *: Invalid value for field * (Category name "*" length &gt; 30).
    | Erreur ligne * : Valeur du champ * invalide (longueur de nom de catégorie "*" &gt; 30).
  errorvalidationcategorytype: Eror at line *: Invalid value for field * (Path string "*" invalid - category name at position * as shown is
    invalid).
    | Erreur line * : Valeur du champ * invalide (chemin "*" invalide - le nom de la catégorie à la posiiton * as shown est invalide).
  errorvalidationbadtype: Error at line *: Invalid value for field * (not an integer or string).
    | Erreur ligne * : Valeur du champ * invalide (ni un entier ni du texte).
  errorvalidationbaduserid: Error at line *: Invalid value for field * (No User with ID *).
    | Erreur ligne * : Valeur du champ * invalide (pas d'utilisateur avec l'ID "*").
  errorvalidationmultipleresults: Error at line *: Invalid value for field * (Search string ambiguous; returned multiple [*] results).
    | Erreur ligne * : Valeur du champ * invalide (recherche ambigüe; résultat multiple à [*] réponses).
  errorvalidationsearchmisses: Error at line *: Invalid value for field * (Search string returned a nonexistent user ?!).
    | Erreur ligne * : Valeur du champ * invalide (la recherche aboutit à un utilisateur inexistant ?!).
  errorvalidationsearchfails: Error at line *: Invalid value for field * (Search string returned no results).
    | Erreur ligne * : Valeur du champ * invalide (la recherche n'a pas de résultats).
  codingerror: Coding Error: *
skipped
  coursenotfound: Course * does not exist in this Moodle. | Le cours * n'existe pas dans moodle.
  coursenotfound2: Course with idnumber "*" "*" not found in this moodle | Le cours d'idnumber [*] "*" n'existe pas dans moodle
  nonuniqueidentifierexception: The ID number at row * leads to a non unique course identification. Reinitialisation is bypassed for those
    courses
    | Cette valeur d'identifiant à la ligne * désigne plusieurs cours. La réinitialisation est annulée pour ces cours.
created
  coursecreated: Course [*] * has been created with id *. | Le cours [*] * a été créé sous l'id *.
  metalinkcreated: Metacourse binding for * from * created | Liaison Metacours pour * à partir de * créée
updated
  courseupdated: Course [*] {*} * updated on id *. | Cours [*] {*} * mis à jour sous l'id *.
  resettingcourse: Resetting course:* | Réinitialisation du cours :*
  metalinkdisabled: Metacourse binding for * from * disabled | Liaison Metacours pour * à partir de * désactivée
deleted
  coursedeleted: Course * deleted. | Cours * supprimé.
ok
  courseexists: Course [*] {*} * already exists. | Le cours [*] * existe déjà sous l'id *.
  coursefoundas: Course with idnumber {*} found as : <ol><li>fullname = * </li><li> shortname = *</li></ol>
    | Le cours d'idnumber {*} existe : <ol><li>fullname = * </li><li> shortname = *</li></ol>
  metalinkrevived: Metacourse binding for * from * restored | Liaison Metacours pour * à partir de * restaurée
sim
  willcreatecategory: Will create category * | Va créer la catégorie *
  willcreatecourseontemplate: Will create course [*] * identified by (*) on template *
    | Va créer le cours [*] * identifié par (*) avec le template *
  willcreatecourse: Will create course [*] * identified by (*) | Va créer le cours [*] * identifié par (*)
  willupdatecourse: Will update course [*] * identified by (*) | Va mettre à jour le cours [*] * identifié par (*)
info
  startingcreate: Starting creating courses...
  creatingcoursefromarchive: Creating course with * | Création du cours à partir de *
  guestaccess: Adding guest/self access to course *
  startingdelete: Starting deleting courses...
  startingcheck: Starting check courses... | Démarrage de la vérification d'existence...
  startingreset: Starting resetting courses... | Démarrage de la réinitialisation...
  noeventstoprocess: Not resetting event at line * | Pas de réinitialisation d'événements à la ligne *
  nocompletiontoprocess: Not resetting completion data* | Pas de réinitialisation d'achèvement à la ligne *
  noblogstoprocess:
  nologstoprocess: Not resetting logs at line * | Pas  de réinitialisation de logs à la ligne *
  nonotestoprocess: Not resetting notes at line * | Pas de réinitialisation d'annotations à la ligne *
  nocommentstoprocess:
  nolocalroletoprocess:
  nogradestoprocess: Not resetting grades at line * | Pas de réinitialisation de notes à la ligne *
  nogrouptoprocess: Not resetting groups at line * | Pas de réinitialisation de groupes à la ligne *
  nogroupingtoprocess:
  summary: Summary:
  simulationsummary: SIMULATION Summary:
  norole: [Error] role  unkown.
  settingidentifier: Setting default identifier *
""")

# In French both e-mail collisions read the same.
_USERS = _table("""
fatal
  error/missingfield: Field "*" is missing*
failed
  usercreatecollision: Error : User username collision when creating * | Error : Collision d'identifiant à la création de *
  userupdatecollision: Error : User username collision when updating * | Error : Collision d'identifiant à la mise à jour de *
  usercreatemailcollision: Error : User email collision when creating * | Error : Collision d'adresse mail à la création de *
  userupdatemailcollision: Error : User email collision when updating *
  usernotaddederror: Error on account creation : * | Erreur de création de compte : *
  usernotupdatederror: Error on account update : * | Erreur de modification de compte : *
  usernotrenamedexists: Error on account rename (target name exists) : * | Erreur sur renommage de compte (cible existe) : *
  usernotrenamedmissing: Error on acocunt rename (source account missing) : * | Erreur sur renommage de compte (compte source manquant) : *
  error/unknowncourse: Unknown course named "*"
  errorenrol: Enrol failed. * in course * | Erreur d'inscription. * dans le cours *
  enrollednot: User enrol * failure in course *. Enrol and role data in file are not consistant.
    | Echec inscription * dans le cours *. Les données de rôle (rolex) et d'inscription (enrolx) ne sont pas correctes.
  groupnotaddederror: Error on group assignation : * | Erreur de création de groupe : *
  remoteserviceerror: Remote service error | Erreur du service distant
  communicationerror: Communication error with remote. Errors : * | Erreur de communication avec le distant. Erreurs : *
  errorrpcparams: Error : RPC param error: * | Erreur de paramètres RPC : *
warning
  errornomanualenrol: No manual enrol. Disabling enrolment activation.
    | Aucun plugin d'inscription manuel disponible. Désactivation de l'inscription pour cet utilsiateur.
created
  useraccountadded: User account added: * | Utilisateur ajouté : *
  usercreatedremotely: User * created on * | Utilisateur * créé sur *
updated
  useraccountupdated: User account changed: * | Utilisateur modifié : *
  userrevived: User was revived : * | Utilisateur supprimé réanimé : *
ok
  enrolled: User * enrolled in course * | Utilisateur * inscrit dans le cours *
  roleadded: Role "*" added on context * | Role "*" ajouté dans le contexte *
  remoteenrolled: User * remote enrolled as * on * on course * | Utilisateur * inscrit en tant que * sur * dans le cours *
sim
  creatingcohort: Creating cohort * | La cohorte * sera créée.
  registeringincohort: Will register in cohort * | Inscription dans la cohorte *
  groupadded:
info
  usersstarting: Starting users synchronisation... | Démarrage de la synchronisation des utilisateurs...
  userunknownremotely: User * unkown on remote end | L'utilisateur * n'existe pas sur le distant
  userexistsremotely: User * exists on remote end | L'utilisateur * existe déjà sur le distant
""")

_ENROLS = _table("""
failed
  errornouser: Error at line *: * : No such user | Erreur ligne * : * : L'utilisateur n'existe pas
  errornocourse: Error at line * : * : No such course | Erreur ligne * : * : Le cours n'existe pas
  errornullcourseidentifier: Error at line *: Null or invalid course identifier. | Identifiant de cours nul ou invalide à la ligne *.
  errornorole: Error at line *: * : you need mention a role identifier for assigning or changing assignation
    | Erreur ligne * : * : précisez un identifiant de rôle pour un ajout ou un changement d'assignation
  errorbadcmd: Error at line * : * : bad command column value. | Erreur ligne * : * : erreur de valeur dans la colonne cmd.
  errorunenrol: Unenrol failed. * in course * | Erreur de désincription. * dans le cours *
  errorenrol: Enrol failed. * in course * | Erreur d'inscription. * dans le cours *
  errorenrolupdate: Enrol update failed. * in course * | Erreur de mise à jour de l'inscription. * dans le cours *
  errorunassign: Error ligne * : * : Role * unassignation failed. | Erreur ligne * : * : la désassignation du rôle * à échoué.
  unassignerror:
  errorassign:
  errorgcmdvalue: Error at line * : * : No group command column value | Erreur ligne * : * : la valeur de gcmd n'existe pas
  addedtogroupnot: User * NOT added to group * | L'utilisateur * n'a pas été ajouté au groupe *
  groupunknown: This group * is not known in * and cannot be created.
    | Le groupe * n'existe pas dans * et la commande ne permet pas la création.
  errorgroupnotacreated:
  linefailed: Line * : * role : * ==> * | Ligne * : * role : * ==> *
  groupexception: Global group * exception on line *
warning
  errornoenrolmethod: The required enrol method is not active in the course
    | La méthode d'inscription invoquée n'est pas active dans ce cours
skipped
  removedfromgroupnot: User * not removed from group * (may not exist)
    | Utilisateur * non supprimé du groupe * (le groupe n'existe peut être pas)
created
  groupcreated: Group * created in course * | Le groupe * a été créé dans le cours *
updated
  enrolupdated: User * enrolment in course * has been * | L'inscription * de l'utilisateur * a été * dans le cours *
  allenrolsupdated:
deleted
  unenrolled: User * unenrolled from course *
  unassign: The * role asignation deletion for * in course * | Suppression du rôle * de * dans le cours *
  unassignall: All role deletion for * in course * | Suppression de tous les rôles de * du cours *
  removedfromgroup: User * removed from group * | Utilisateur * supprimé du groupe *
ok
  enrolled: User * enrolled in course * | Utilisateur * inscrit dans le cours *
  assign: Role "*" added for * in course * | Role "*" assigné à * dans le cours *
  alreadyassigned: User * already assigned to * in course * | L'utilisateur * est déjà assigné au role * dans le cours *
  addedtogroup: User * added to group * | L'utilisateur * a été ajouté au groupe *
info
  groupassigndeleted: Previous group assignments deleted for * in course *
    | Les assignations de groupe sont supprimées pour l'utilisateur * dans le cours *
""")

_COHORTS = _table("""
failed
  cohortmissinguser: User * does no exit in moodle | L'utilisateur * n'existe pas dans moodle
  cohortnotfound: Cohort * as * was not found. Script cannot create.
    | La cohorte * identifié par * n'a pas été trouvée. La création n'est pas possible.
  cohortconflict: The cohort creation has been skeeped because conflicting by *.
    | La cohorte n'a pas été créée à cause d'un conflit sur le *.
  cohortprimaryidentifiermissing: Primary identifier (*) for cohort was not given on line *. Cannot perform. Skipping.
    | L'identifiant primaire (*) de cohorte est absent en ligne *. Abandon.
  cohortbindingbadroleid: The explicit role * could not be found. Skipping. | Le role explicite * n'a pas pu être trouvé. Abandon.
  cohortbindingbadcourseid: The expected course * could not be found. Skipping. | Le cours * n'a pas pu être trouvé. Abandon.
  cohortbindingbadcohortid: The expected cohort * could not be found. Skipping. | La cohorte * n'a pas pu être trouvée. Abandon.
warning
  cohortbadcontext: Bad context (missing required category *) for cohort
skipped
  cohortnotexists: Cohort * not found by *. Skipping. | Cohorte * inexistante pour l'identifiant *. Abandon.
created
  cohortcreated: Cohort * created | Cohorte * ajoutée
updated
  cohortmemberadded: Cohort member * (*) added to cohort * | Utilisateur * (*)  ajouté à la cohorte *
  cohortfreed: Cohort [*] * emptied | Cohorte [*] * réinitialisée
deleted
  cohortmemberremoved: Cohort member * (*) removed from cohort * | Utilisateur * (*) supprimé de la cohorte *
  cohortdeleted: Cohort * deleted
ok
  cohortupdated: The cohort [*] * has been updated. | La cohorte [*] * a été mise à jour.
  cohortalreadymember: User * (*) already member of cohort * | L'utilisateur * (*) est déjà membre de *
info
  cohortsstarting: Cohort sync starting... | Démarrage synchronisation des cohortes...
  startingcohorts: Starting cohorts operations...
  startingbinding: Starting binding cohorts...
""")

#: The strings of each service.
TABLES = {"courses": _COURSES, "users": _USERS, "enrols": _ENROLS, "cohorts": _COHORTS}


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

    def __init__(self, table):
        self._missing, self._by_start = {}, {}
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
            # As of a line that names nothing: who reads it looks at the first capture.
            return None if known is None else (*known, [""])
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
    return Index(SHARED | TABLES[service])


def without_prefix(line):
    """(line without the prefix of a simulated run, whether it had one)."""
    return (line.partition(": ")[2], True) if line.startswith(PREFIXES) else (line, False)


def tidy(line):
    """A line without blanks around it, and without the two characters that the plugin means for a line end."""
    line = line.strip()
    return line[:-2].rstrip() if line.endswith("\\n") else line

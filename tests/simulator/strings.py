# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of the plugin's reports, English and French, with Moodle's way of filling them in.

A text that has no French form is shown in English; one that has no form at all as ``[[key]]``. Placeholders that the
plugin never fills, its spelling and the spaces at the ends of lines are part of the protocol: clients see them so.
"""
from __future__ import annotations

from collections.abc import Mapping
from typing import Union

Argument = Union[None, str, int, Mapping[str, object]]

ENGLISH: dict[str, str] = {
    # Shared
    "filenotfound": "File {$a} not found.",
    "endofreport": "end of report",
    "invalidseparatordetected": "Invalid separator detected. The file formatting may not match the tool settings.",
    "errornullcsvheader": "Error : Null CSV columns are not permitted in header",
    "invalidfieldname": "\"{$a}\" is not a valid field name",
    "fieldrequired": "\"{$a}\" is a required field",
    "errorinvalidcolumnname": "Error: column name as n{$a} is invalid",
    "errorrequiredcolumn": "Error : Missing column: {$a}",
    "errorinvalidfieldname": "Error: invalide field name \"{$a}\"",
    # courses / create
    "startingcreate": "Starting creating courses...",
    "coursecreated": "Course [{$a->shortname}] {$a->fullname} has been created with id {$a->id}.",
    "creatingcoursefromarchive": "Creating course with {$a}",
    "courseupdated": "Course [{$a->shortname}] {{$a->idnumber}} {$a->fullname} updated on id {$a->id}.",
    "courseexists": "Course [{$a->shortname}] {{$a->idnumber}} {$a->fullname} already exists.",
    "errorbadcount": "Error at line {$a->i} : {$a->count} values found. {$a->expected} expected.",
    "catidnumbererror": "Course category idnumber {$a} not found",
    "errorcategoryparenterror": (
        "Error at line {$a->i}: Course with shortname {$a->coursename} could not be created because parent "
        "category(ies) failed"
    ),
    "errorshortnamecollision": (
        "Error at line {$a->i} : new course identified by {$a->courseidentifier} has colliding shortname "
        "{$a->coursename} with another existing course."
    ),
    "errornoteacheraccountkey": (
        "Error at line {$a->i}: Invalid value for field teacher{$a->key} - other fields were specified but "
        "required teacher {$a->key}_account was null."
    ),
    "errorvalidationstringlength": (
        "Error at line {$a->i}: Invalid value for field {$a->fieldname} (length &gt; {$a->length})."
    ),
    "errorvalidationempty": "Error at line {$a->i}: Invalid value for field {$a->fieldname} (only spaces or missing).",
    "errorvalidationintegercheck": "Error at line {$a->i}: Invalid value for field {$a->fieldname} (not an integer).",
    "errorvalidationintegerabove": "Error at line {$a->i}: Invalid value for field {$a->fieldname} (&gt; {$a->max}).",
    "errorvalidationintegerbeneath": "Error at line {$a->i}: Invalid value for field {$a->fieldname} (&lt; {$a->min}).",
    "errorvalidationvalueset": (
        "Error at line {$a->i}: Invalid value for field {$a->fieldname} (Must be one of {$a->set})."
    ),
    "errorvalidationbaduserid": (
        "Error at line {$a->i}: Invalid value for field {$a->fieldname} (No User with ID {$a->value})."
    ),
    "errorvalidationmultipleresults": (
        "Error at line {$a->i}: Invalid value for field {$a->fieldname} (Search string ambiguous; returned "
        "multiple [{$a->ucount}] results)."
    ),
    "errorvalidationsearchfails": (
        "Error at line {$a->i}: Invalid value for field {$a->fieldname} (Search string returned no results)."
    ),
    "errorbackupfile": "Something was wrong with the backup file (Error code: {$a->error}).",
    "errortemplatenotfound": (
        "Error at line {$a->i}: Could not find template course with shortname {$a->template}. Course with "
        "shortname {$a->coursename} failed."
    ),
    "errornocourses": "Error : No courses were parsed from CSV",
    "willcreatecategory": "Will create category {$a}",
    "willcreatecourse": "Will create course [{$a->shortname}] {$a->fullname} identified by ({$a->idnumber})",
    "willcreatecourseontemplate": (
        "Will create course [{$a->shortname}] {$a->fullname} identified by ({$a->idnumber}) on template "
        "{$a->template}"
    ),
    "willupdatecourse": "Will update course [{$a->shortname}] {$a->fullname} identified by ({$a->idnumber})",
    "reportdisabledbyconf": "Not storing report (disabled by config)",
    "trybackdisabledbyconf": "Not storing tryback (disabled by config)",
    "archivingdisabledbyconf": "Not archiving input file (disabled by config)",
    "cleanupdisabledbyconf": "Not cleaning out input file (disabled by config)",
    # courses / delete and check
    "startingdelete": "Starting deleting courses...",
    "coursedeleted": "Course {$a} deleted.",
    "coursenotfound": "Course {$a} does not exist in this Moodle. \\n",
    "startingcheck": "Starting check courses...",
    "coursefoundas": (
        "Course with idnumber {{$a->idnumber}} found as : <ol><li>fullname = {$a->fullname} </li><li> shortname "
        "= {$a->shortname}</li></ol>"
    ),
    "coursenotfound2": "Course with idnumber \"{$a->idnumber}\" \"{$a->description}\" not found in this moodle",
    # courses / reset and bindmetas
    "startingreset": "Starting resetting courses...",
    "resettingcourse": "Resetting course: ",
    "missingidentifier": "Required identifier {$a} is missing in input data",
    "nonuniqueidentifierexception": (
        "The ID number at row {$a} leads to a non unique course identification. Reinitialisation is bypassed for "
        "those courses"
    ),
    "noeventstoprocess": "Not resetting event at line {$a}",
    "nocompletiontoprocess": "Not resetting completion data",
    "nologstoprocess": "Not resetting logs at line {$a}",
    "nonotestoprocess": "Not resetting notes at line {$a}",
    "nogradestoprocess": "Not resetting grades at line {$a}",
    "nogrouptoprocess": "Not resetting groups at line {$a}",
    "metalinkcreated": "Metacourse binding for {$e->for} from {$e->from} created",
    "metalinkrevived": "Metacourse binding for {$e->for} from {$e->from} restored",
    # users
    "usersstarting": "Starting users synchronisation...",
    "useraccountadded": "User account added: {$a} ",
    "useraccountupdated": "User account changed: {$a} ",
    "userrevived": "User was revived : {$a}",
    "usercreatecollision": "Error : User username collision when creating {$a}",
    "userupdatecollision": "Error : User username collision when updating {$a}",
    "usercreatemailcollision": "Error : User email collision when creating {$a}",
    "userupdatemailcollision": "Error : User email collision when updating {$a}",
    "missingfield": "Field \"{$a}\" is missing",
    "unknowncourse": "Unknown course named \"{$a}\"",
    "errornomanualenrol": "No manual enrol. Disabling enrolment activation.",
    "enrolled": "User {$a->myuser} enrolled in course {$a->mycourse}",
    "roleadded": "Role \"{$a->rolename}\" added on context {$a->contextid}",
    "enrollednot": (
        "User enrol {$a->myuser} failure in course {$a->mycourse}. Enrol and role data in file are not "
        "consistant."
    ),
    "creatingcohort": "Creating cohort {$a}",
    "registeringincohort": "Will register in cohort {$a}",
    # enrols
    "unenrolled": "User {$a->myuser} unenrolled from course {$a->mycourse}",
    "assign": "Role \"{$a->myrole}\" added for {$a->myuser} in course {$a->mycourse}",
    "alreadyassigned": "User {$a->myuser} already assigned to {$a->myrole} in course {$a->mycourse}",
    "unassign": "The {$a->myrole} role asignation deletion for {$a->myuser} in course {$a->mycourse}",
    "unassignall": "All role deletion for {$a->myuser} in course {$a->mycourse}",
    "enrolupdated": "User {$a->myuser} {$e->enrol} enrolment in course {$a->mycourse} has been {$a->status}",
    "errornouser": "Error at line {$a->i}: {$a->mycmd} {$a->myrole} {$a->myuser} {$a->mycourse} : No such user",
    "errornocourse": "Error at line {$a->i} : {$a->mycmd} {$a->myrole} {$a->myuser} {$a->mycourse} : No such course",
    "errornullcourseidentifier": "Error at line {$a}: Null or invalid course identifier.",
    "errornorole": (
        "Error at line {$a->i}: {$a->mycmd} {$a->myrole} {$a->myuser} {$a->mycourse} : you need mention a role "
        "identifier for assigning or changing assignation"
    ),
    "errorbadcmd": (
        "Error at line {$a->i} : {$a->mycmd} {$a->myrole} {$a->myuser} {$a->mycourse} : bad command column value."
    ),
    "errornoenrolmethod": "The required enrol method is not active in the course",
    "errorgcmdvalue": (
        "Error at line {$a->i} : {$a->mycmd} {$a->myrole} {$a->myuser} {$a->mycourse} : No group command column "
        "value"
    ),
    "groupcreated": "Group {$a->group} created in course {$a->mycourse}",
    "addedtogroup": "User {$a->myuser} added to group {$a->mygroup}",
    "addedtogroupnot": "User {$a->myuser} NOT added to group {$a->mygroup}",
    "groupunknown": "This group {$a->group} is not known in {$a->mycourse} and cannot be created.",
    "groupassigndeleted": "Previous group assignments deleted for {$a->myuser} in course {$a->mycourse}",
    "removedfromgroup": "User {$a->myuser} removed from group {$a->group}",
    "removedfromgroupnot": "User {$a->myuser} not removed from group {$a->group} (may not exist)",
    # cohorts
    "cohortsstarting": "Cohort sync starting...",
    "cohortcreated": "Cohort {$a->name} created",
    "cohortupdated": "The cohort [{$a->id}] {$a->name} has been updated.",
    "cohortmemberadded": "Cohort member {$a->username} ({$a->idnumber}) added to cohort {$a->cname}",
    "cohortalreadymember": "User {$a->username} ({$a->idnumber}) already member of cohort {$a->cname}",
    "cohortmemberremoved": "Cohort member {$a->username} ({$a->idnumber}) removed from cohort {$a->cname}",
    "cohortdeleted": "Cohort {$a->name} deleted",
    "cohortfreed": "Cohort [{$a->idnumber}] {$a->name} emptied",
    "cohortmissinguser": "User {$a} does no exit in moodle",
    "cohortnotfound": "Cohort {$a->identifier} as {$a->cid} was not found. Script cannot create.",
    "cohortconflict": "The cohort creation has been skeeped because conflicting by {$a->by}.",
    "cohortprimaryidentifiermissing": (
        "Primary identifier ({$a->cid}) for cohort was not given on line {$a->line}. Cannot perform. Skipping."
    ),
    "cohortnotexists": "Cohort {$a->cohortid} not found by {$a->cid}. Skipping.",
    "cohortbadcontext": "Bad context (missing required category {$a->catid}) for cohort",
    # Moodle's own
    "erroronline": "Error on line {$a}",
    "addedtogroup.core": 'Added to group "{$a}"',
    "addedtogroupnot.core": 'Not added to group "{$a}"',
    "addedtogroupnotenrolled": 'Not added to group "{$a}", because not enrolled in course',
}
FRENCH: dict[str, str] = {
    # Shared
    "filenotfound": "Le fichier {$a} n'a pas été trouvé",
    "endofreport": "Fin du rapport de traitement",
    "invalidseparatordetected": (
        "Séparateur de champ innatendu dans les noms de colonne. Le format du fichier ne semble pas correspondre "
        "au régalge de l'outil."
    ),
    "errornullcsvheader": "Erreur ; Les colonnes du fichier CSV doivent toutes être nommées",
    "errorinvalidcolumnname": "Erreur : nom de colonne \"{$a}\" invalide",
    "errorrequiredcolumn": "Erreur : colonne requise : {$a}",
    "errorinvalidfieldname": "Erreur : nom de champ \"{$a}\" invalide",
    # courses / create
    "coursecreated": "Le cours [{$a->shortname}] {$a->fullname} a été créé sous l'id {$a->id}.",
    "creatingcoursefromarchive": "Création du cours à partir de {$a}",
    "courseupdated": "Cours [{$a->shortname}] {{$a->idnumber}} {$a->fullname} mis à jour sous l'id {$a->id}.",
    "courseexists": "Le cours [{$a->shortname}] {$a->fullname} existe déjà sous l'id {$a->id}.",
    "errorbadcount": "Erreur ligne {$a->i} : {$a->count} valeurs trouvées. {$a->expected} attendues.",
    "catidnumbererror": "Identification de catégorie {$a} non trouvée",
    "errorcategoryparenterror": (
        "Erreur ligne {$a->i} : Le cours {$a->coursename} n'a pu être créé car la (les) catégorie(s) sont "
        "manquantes."
    ),
    "errorshortnamecollision": (
        "Erreur ligne {$a->i} : Un cours à créer identifié par {$a->courseidentifier} a un nom court "
        "{$a->coursename} déjà utilisé par un autre cours."
    ),
    "errornoteacheraccountkey": (
        "Erreur ligne {$a->i} : Valeur invalide pour le champ teacher {$a->key} - d'autres champs ont été "
        "spécifiés mais le champ {$a->key}_account est nul."
    ),
    "errorvalidationstringlength": (
        "Erreur ligne {$a->i} : Valeur du champ {$a->fieldname} invalide (longueur &gt; {$a->length})."
    ),
    "errorvalidationempty": "Erreur ligne {$a->i} : Valeur du champ {$a->fieldname} invalide (vide ou espaces).",
    "errorvalidationintegercheck": (
        "Erreur ligne {$a->i} : Valeur du champ {$a->fieldname} invalide (n'est pas entier)."
    ),
    "errorvalidationintegerabove": "Erreur ligne {$a->i} : Valeur du champ {$a->fieldname} invalide (&gt; {$a->max}).",
    "errorvalidationintegerbeneath": (
        "Erreur ligne {$a->i} : Valeur du champ {$a->fieldname} invalide (&lt; {$a->min})."
    ),
    "errorvalidationvalueset": (
        "Erreur ligne {$a->i} : Valeur du champ {$a->fieldname} invalide (doit être dans l'ensemble {$a->set})."
    ),
    "errorvalidationbaduserid": (
        "Erreur ligne {$a->i} : Valeur du champ {$a->fieldname} invalide (pas d'utilisateur avec l'ID "
        "\"{$a->value}\")."
    ),
    "errorvalidationmultipleresults": (
        "Erreur ligne {$a->i} : Valeur du champ {$a->fieldname} invalide (recherche ambigüe; résultat multiple à "
        "[{$a->ucount}] réponses)."
    ),
    "errorvalidationsearchfails": (
        "Erreur ligne {$a->i} : Valeur du champ {$a->fieldname} invalide (la recherche n'a pas de résultats)."
    ),
    "errorbackupfile": "Une erreur s'est produite en rapport à l'archive de cours (Code erreur: {$a->error}).",
    "errortemplatenotfound": (
        "Erreur ligne {$a->i} : Le gabarit de cours {$a->template} n'a pas pu être trouvé ou n'a pas d'archives. "
        "Le cours {$a->coursename} n'a pas pu être créé."
    ),
    "errornocourses": "Erreur : Aucun cours traité dans ce CSV",
    "willcreatecategory": "Va créer la catégorie {$a}",
    "willcreatecourse": "Va créer le cours [{$a->shortname}] {$a->fullname} identifié par ({$a->idnumber})",
    "willcreatecourseontemplate": (
        "Va créer le cours [{$a->shortname}] {$a->fullname} identifié par ({$a->idnumber}) avec le template "
        "{$a->template}"
    ),
    "willupdatecourse": "Va mettre à jour le cours [{$a->shortname}] {$a->fullname} identifié par ({$a->idnumber})",
    "reportdisabledbyconf": "Rapport non sauvegardé (désactivé dans la configuration)",
    "trybackdisabledbyconf": "Fichier de reprise non généré (désactivé dans la configuration)",
    "archivingdisabledbyconf": "Fichier de commande non archivé (désactivé dans la configuration)",
    "cleanupdisabledbyconf": "Fichier de commande non supprimé (désactivé dans la configuration)",
    # courses / delete and check
    "coursedeleted": "Cours {$a} supprimé.",
    "coursenotfound": "Le cours {$a} n'existe pas dans moodle.",
    "startingcheck": "Démarrage de la vérification d'existence...",
    "coursefoundas": (
        "Le cours d'idnumber {{$a->idnumber}} existe : <ol><li>fullname = {$a->fullname} </li><li> shortname = "
        "{$a->shortname}</li></ol>"
    ),
    "coursenotfound2": "Le cours d'idnumber [{$a->idnumber}] \"{$a->description}\" n'existe pas dans moodle",
    # courses / reset and bindmetas
    "startingreset": "Démarrage de la réinitialisation...",
    "resettingcourse": "Réinitialisation du cours :",
    "missingidentifier": "L'identifiant {$a} requis par la configuration est manquant dans le fichier",
    "nonuniqueidentifierexception": (
        "Cette valeur d'identifiant à la ligne {$a} désigne plusieurs cours. La réinitialisation est annulée "
        "pour ces cours."
    ),
    "noeventstoprocess": "Pas de réinitialisation d'événements à la ligne {$a}",
    "nocompletiontoprocess": "Pas de réinitialisation d'achèvement à la ligne {$a}",
    "nologstoprocess": "Pas  de réinitialisation de logs à la ligne {$a}",
    "nonotestoprocess": "Pas de réinitialisation d'annotations à la ligne {$a}",
    "nogradestoprocess": "Pas de réinitialisation de notes à la ligne {$a}",
    "nogrouptoprocess": "Pas de réinitialisation de groupes à la ligne {$a}",
    "metalinkcreated": "Liaison Metacours pour {$e->for} à partir de {$e->from} créée",
    "metalinkrevived": "Liaison Metacours pour {$e->for} à partir de {$e->from} restaurée",
    # users
    "usersstarting": "Démarrage de la synchronisation des utilisateurs...",
    "useraccountadded": "Utilisateur ajouté : {$a} ",
    "useraccountupdated": "Utilisateur modifié : {$a} ",
    "userrevived": "Utilisateur supprimé réanimé : {$a}",
    "usercreatecollision": "Error : Collision d'identifiant à la création de {$a}",
    "userupdatecollision": "Error : Collision d'identifiant à la mise à jour de {$a}",
    "usercreatemailcollision": "Error : Collision d'adresse mail à la création de {$a}",
    "userupdatemailcollision": "Error : Collision d'adresse mail à la création de {$a}",
    "errornomanualenrol": (
        "Aucun plugin d'inscription manuel disponible. Désactivation de l'inscription pour cet utilsiateur."
    ),
    "enrolled": "Utilisateur {$a->myuser} inscrit dans le cours {$a->mycourse}",
    "roleadded": "Role \"{$a->rolename}\" ajouté dans le contexte {$a->contextid}",
    "enrollednot": (
        "Echec inscription {$a->myuser} dans le cours {$a->mycourse}. Les données de rôle (rolex) et "
        "d'inscription (enrolx) ne sont pas correctes."
    ),
    "creatingcohort": "La cohorte {$a} sera créée.",
    "registeringincohort": "Inscription dans la cohorte {$a}",
    # enrols
    "assign": "Role \"{$a->myrole}\" assigné à {$a->myuser} dans le cours {$a->mycourse}",
    "alreadyassigned": "L'utilisateur {$a->myuser} est déjà assigné au role {$a->myrole} dans le cours {$a->mycourse}",
    "unassign": "Suppression du rôle {$a->myrole} de {$a->myuser} dans le cours {$a->mycourse}",
    "unassignall": "Suppression de tous les rôles de {$a->myuser} du cours {$a->mycourse}",
    "enrolupdated": (
        "L'inscription {$e->enrol} de l'utilisateur {$a->myuser} a été {$a->status} dans le cours {$a->mycourse}"
    ),
    "errornouser": (
        "Erreur ligne {$a->i} : {$a->mycmd} {$a->myrole} {$a->myuser} {$a->mycourse} : L'utilisateur n'existe pas"
    ),
    "errornocourse": (
        "Erreur ligne {$a->i} : {$a->mycmd} {$a->myrole} {$a->myuser} {$a->mycourse} : Le cours n'existe pas"
    ),
    "errornullcourseidentifier": "Identifiant de cours nul ou invalide à la ligne {$a}.",
    "errornorole": (
        "Erreur ligne {$a->i} : {$a->mycmd} {$a->myrole} {$a->myuser} {$a->mycourse} : précisez un identifiant "
        "de rôle pour un ajout ou un changement d'assignation"
    ),
    "errorbadcmd": (
        "Erreur ligne {$a->i} : {$a->mycmd} {$a->myrole} {$a->myuser} {$a->mycourse} : erreur de valeur dans la "
        "colonne cmd."
    ),
    "errornoenrolmethod": "La méthode d'inscription invoquée n'est pas active dans ce cours",
    "errorgcmdvalue": (
        "Erreur ligne {$a->i} : {$a->mycmd} {$a->myrole} {$a->myuser} {$a->mycourse} : la valeur de gcmd "
        "n'existe pas"
    ),
    "groupcreated": "Le groupe {$a->group} a été créé dans le cours {$a->mycourse}",
    "addedtogroup": "L'utilisateur {$a->myuser} a été ajouté au groupe {$a->mygroup}",
    "addedtogroupnot": "L'utilisateur {$a->myuser} n'a pas été ajouté au groupe {$a->mygroup}",
    "groupunknown": "Le groupe {$a->group} n'existe pas dans {$a->mycourse} et la commande ne permet pas la création.",
    "groupassigndeleted": (
        "Les assignations de groupe sont supprimées pour l'utilisateur {$a->myuser} dans le cours {$a->mycourse}"
    ),
    "removedfromgroup": "Utilisateur {$a->myuser} supprimé du groupe {$a->group}",
    "removedfromgroupnot": (
        "Utilisateur {$a->myuser} non supprimé du groupe {$a->group} (le groupe n'existe peut être pas)"
    ),
    # cohorts
    "cohortsstarting": "Démarrage synchronisation des cohortes...",
    "cohortcreated": "Cohorte {$a->name} ajoutée",
    "cohortupdated": "La cohorte [{$a->id}] {$a->name} a été mise à jour.",
    "cohortmemberadded": "Utilisateur {$a->username} ({$a->idnumber})  ajouté à la cohorte {$a->cname}",
    "cohortalreadymember": "L'utilisateur {$a->username} ({$a->idnumber}) est déjà membre de {$a->cname}",
    "cohortmemberremoved": "Utilisateur {$a->username} ({$a->idnumber}) supprimé de la cohorte {$a->cname}",
    "cohortfreed": "Cohorte [{$a->idnumber}] {$a->name} réinitialisée",
    "cohortmissinguser": "L'utilisateur {$a} n'existe pas dans moodle",
    "cohortnotfound": (
        "La cohorte {$a->identifier} identifié par {$a->cid} n'a pas été trouvée. La création n'est pas possible."
    ),
    "cohortconflict": "La cohorte n'a pas été créée à cause d'un conflit sur le {$a->by}.",
    "cohortprimaryidentifiermissing": (
        "L'identifiant primaire ({$a->cid}) de cohorte est absent en ligne {$a->line}. Abandon."
    ),
    "cohortnotexists": "Cohorte {$a->cohortid} inexistante pour l'identifiant {$a->cid}. Abandon.",
}
INSTALLED = {"en": ENGLISH, "fr": FRENCH}


def get_string(key: str, lang: str, a: Argument = None) -> str:
    """The text for ``key``: ``{$a}`` takes a plain value, ``{$a->name}`` a mapping's; the unknown stays as it is."""
    found = INSTALLED.get(lang, ENGLISH).get(key) or ENGLISH.get(key)
    if found is None:
        return f"[[{key}]]"
    if a is None:
        return found
    if isinstance(a, Mapping):
        for name, value in a.items():
            found = found.replace("{$a->" + name + "}", "" if value is None else str(value))
        return found
    return found.replace("{$a}", str(a))

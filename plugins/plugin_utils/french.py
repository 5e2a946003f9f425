# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In French: what the role sync and the plans say of steps and rows. The code speaks English; this is where it leaves the role.

What Moodle and its plugin say, and what stops a task, stays as it is: it is what one searches the guides for.
"""

from __future__ import annotations

import re

#: Whole sentences, in English -> in French. Groups are taken over, and are translated themselves where they are sentences.
_SENTENCES = tuple(
    (re.compile(english, re.DOTALL), french)
    for english, french in (
        # Of steps: plugin_utils/sequence.py.
        (r"It needs (.+)\.", "Étapes nécessaires : {0}."),
        (r"Rows of (.+) failed, and on_failures is stop\.", "Des lignes sont en erreur ({0}), et on_failures vaut stop."),
        (r"It ended without a word\.", "L'étape s'est terminée sans un mot."),
        (r"It broke off\.", "L'étape a été interrompue."),
        (r"The check broke off\.", "Le contrôle a été interrompu."),
        (r"What became of (.+) is not known\.", "On ne sait pas ce qu'il est advenu de {0}."),
        (r"(.+?): (\w+) is (.*), becomes (.*)\.", "{0} : {1} vaut {2} et devient {3}."),
        (r"(.+?): (\w+) is (.*), not (.*)\.", "{0} : {1} vaut {2} et non {3}."),
        (
            r"What earlier steps would create is not there yet, so what names it can't be predicted\.",
            "Ce que créeraient les étapes précédentes n'existe pas encore : ce qui s'y rapporte est imprévisible.",
        ),
        (
            r"Predicted as if the accounts and courses that earlier steps would create were there\.",
            "Prévision faite comme si les comptes et les cours que créeraient les étapes précédentes existaient.",
        ),
        # Of rows: module_utils/rows.
        (r"(.+) \(the plugin: (.*)\)", "{0} (le plugin : {1})"),
        (r"(.+), which ends the run", "{0}, ce qui arrête l'exécution"),
        (r"(.+), which may end the run", "{0}, ce qui peut arrêter l'exécution"),
        (r"there is no such user", "cet utilisateur n'existe pas"),
        (r"there is no such course", "ce cours n'existe pas"),
        (r"there is no such cohort", "cette cohorte n'existe pas"),
        (r"there is no such group", "ce groupe n'existe pas"),
        (
            r"there is no such cohort, and the setting autocreate is off",
            "cette cohorte n'existe pas, et le réglage autocreate est désactivé",
        ),
        (
            r"there is no such user, and so the whole cohort is deleted, with (.+)",
            "cet utilisateur n'existe pas : toute la cohorte est donc supprimée, avec {0}",
        ),
        (r"its members", "ses membres"),
        (r"(\d+) members?", "{0} membres"),
        (
            r"there is no such account, and the plugin makes one that is deleted",
            "ce compte n'existe pas, et le plugin en crée un qui est supprimé",
        ),
        (
            r"there is no such column, and the plugin sets the site's default, which is not known",
            "cette colonne manque, et le plugin met la valeur par défaut du site, qui n'est pas connue",
        ),
        (r"there may be no such field", "ce champ n'existe peut-être pas"),
        (r"whether there is such a user can't be told", "on ne peut pas savoir si cet utilisateur existe"),
        (
            r"whether there is such a user can't be told; without one the whole cohort is deleted",
            "on ne peut pas savoir si cet utilisateur existe ; sinon, toute la cohorte est supprimée",
        ),
        (r"whether there is such an account can't be told", "on ne peut pas savoir si ce compte existe"),
        (r"whether there is such a course can't be told", "on ne peut pas savoir si ce cours existe"),
        (r"whether there is such a group can't be told", "on ne peut pas savoir si ce groupe existe"),
        (r"which cohort that is can't be told", "on ne peut pas savoir de quelle cohorte il s'agit"),
        (r"there are several such cohorts", "plusieurs cohortes correspondent"),
        (r"there is a cohort whose (\w+) differs in case only", "il existe une cohorte dont {0} ne diffère que par les majuscules"),
        (r"there is one whose name differs in case only", "il en existe une dont le nom ne diffère que par les majuscules"),
        (r"there is a group whose name differs in case only", "il existe un groupe dont le nom ne diffère que par les majuscules"),
        (r"another cohort has this (\w+), so that no new one is made", "une autre cohorte a déjà cette valeur ({0}) : aucune n'est créée"),
        (r"is empty", "la valeur est vide"),
        (r"is empty, and identifies the cohort", "la valeur, qui identifie la cohorte, est vide"),
        (r"is empty, and without it a new cohort ends the run", "la valeur est vide, et sans elle une nouvelle cohorte arrête l'exécution"),
        (r"is empty, and others have none either", "la valeur est vide, et d'autres utilisateurs n'en ont pas non plus"),
        (r"is empty or has more than (\d+) bytes", "la valeur est vide ou dépasse {0} octets"),
        (r"is longer than (\d+) characters", "la valeur dépasse {0} caractères"),
        (r"is too long", "la valeur est trop longue"),
        (r"is no number", "la valeur n'est pas un nombre"),
        (r"is none by Moodle's usual rules", "la valeur n'en est pas une selon les règles habituelles de Moodle"),
        (r"is none of the values that there are", "ce n'est aucune des valeurs possibles"),
        (r"is none of the commands", "ce n'est aucune des commandes"),
        (r"is none of the group commands", "ce n'est aucune des commandes de groupe"),
        (r"disable ends the run on PHP 8", "disable arrête l'exécution avec PHP 8"),
        (
            r"it takes the user out of all groups, and then ends the run",
            "la commande retire l'utilisateur de tous les groupes, puis arrête l'exécution",
        ),
        (
            r"belongs to another (\w+), or the (\w+) to another (\w+)",
            "la valeur est déjà celle d'un autre {0}, ou ce {1} a déjà un autre {2}",
        ),
        (r"(.+) \(account ([\d, ]+)\)", "{0} (compte {1})"),
        (r"another course has it", "un autre cours a déjà cette valeur"),
        (r"whether another course has it can't be told", "on ne peut pas savoir si un autre cours a déjà cette valeur"),
        (r"no category has this idnumber", "aucune catégorie n'a ce numéro d'identification"),
        (r"there is none of this id", "aucune catégorie n'a cet identifiant"),
        (r"a teacher beside it ends the run", "un enseignant sur la même ligne arrête l'exécution"),
        (r"ends the run, where the site allows renaming", "la colonne arrête l'exécution, si le site permet de renommer"),
        (r"has another number of values than the header", "la ligne n'a pas autant de valeurs que l'en-tête"),
        (r"who is not enrolled can't be in a group", "il faut être inscrit au cours pour être dans un groupe"),
        (r"nobody was seen with this role", "personne n'a été vu avec ce rôle"),
        (
            r"nobody was seen with this role, and without it the row fails",
            "personne n'a été vu avec ce rôle, et sans lui la ligne est en erreur",
        ),
        (r"without a role and an enrolment method the run ends here", "sans rôle ni méthode d'inscription, l'exécution s'arrête ici"),
        (
            r"the plugin of this method is not a part of Moodle; without it the run ends here",
            "le plugin de cette méthode n'est pas livré avec Moodle ; sans lui, l'exécution s'arrête ici",
        ),
        (
            r"the method is missing or off, and a role without an enrolment can't be seen",
            "la méthode est absente ou désactivée, et un rôle sans inscription ne se voit pas",
        ),
        (
            r"the method is missing or off, and whose role it is can't be seen",
            "la méthode est absente ou désactivée, et l'on ne voit pas à qui est le rôle",
        ),
        (r"by which method the user is enrolled can't be seen", "on ne voit pas par quelle méthode l'utilisateur est inscrit"),
        (r"which enrolments there are can't be seen", "on ne voit pas quelles inscriptions existent"),
        (r"whose role it is can't be seen", "on ne voit pas à qui est le rôle"),
        (r"nobody can tell whether the user has a role here", "personne ne peut dire si l'utilisateur a un rôle ici"),
        (r"who is enrolled there can't be read", "on ne peut pas lire qui y est inscrit"),
        (r"the dates that are there can't be seen", "on ne voit pas les dates en place"),
        (r"may move by a second", "la date peut être décalée d'une seconde"),
        (r"the members of the cohort can't be read", "on ne peut pas lire les membres de la cohorte"),
        (r"cohorts can't be read", "on ne peut pas lire les cohortes"),
        (r"categories can't be read", "on ne peut pas lire les catégories"),
        (r"the course can't be read", "on ne peut pas lire le cours"),
        (r"the groups of the course can't be read", "on ne peut pas lire les groupes du cours"),
        (r"can't be read", "on ne peut pas le lire"),
        (
            r"accounts that are deleted, of guests and of other hosts can't be read",
            "on ne peut pas lire les comptes supprimés, des visiteurs anonymes et d'autres sites",
        ),
        (r"in which category the cohort lies can't be seen", "on ne voit pas dans quelle catégorie est la cohorte"),
        (r"what there is to reset in a course can't be seen", "on ne voit pas ce qu'il y a à réinitialiser dans le cours"),
        (r"what is overwritten in a course can't all be seen", "on ne voit pas tout ce qui est écrasé dans le cours"),
        (
            r"what the row does to enrolments can't all be predicted",
            "on ne peut pas prévoir tout ce que la ligne fait aux inscriptions",
        ),
        (r"what is there can't be seen", "on ne voit pas la valeur en place"),
        (r"whether it has a backup can't be seen", "on ne voit pas s'il a une sauvegarde"),
        (r"whether the site protects it can't be seen", "on ne voit pas si le site la protège"),
        (r"whose it is can't be told", "on ne peut pas savoir à qui elle est"),
        (r"it may not be shown", "elle n'est peut-être pas montrée"),
        (r"an empty field looks like one that is not there", "un champ vide ne se distingue pas d'un champ absent"),
        (r"what an earlier row has made of it is not known", "on ne sait pas ce qu'une ligne précédente en a fait"),
        (r"a protected membership would stay", "une appartenance protégée resterait"),
        (r"by the setting primaryidentity id nobody is found", "avec le réglage primaryidentity à id, personne n'est trouvé"),
        (
            r"whether shortname or idnumber tells courses apart is a setting of the site",
            "c'est un réglage du site qui dit si shortname ou idnumber distingue les cours",
        ),
        (
            r"whether it is an id, a path or an idnumber is a setting of the site",
            "c'est un réglage du site qui dit si c'est un identifiant, un chemin ou un numéro d'identification",
        ),
        (r"is not reached: the run ends at line (\d+)", "la ligne n'est pas atteinte : l'exécution s'arrête à la ligne {0}"),
        (r"is not done", "la ligne n'est pas traitée"),
        (r"is not in the file", "absent du fichier"),
        (r"it can't be told", "on ne peut pas le savoir"),
        (r"whether it is done can't be seen", "on ne voit pas si c'est fait"),
        (r"not all that the row may change can be seen", "on ne voit pas tout ce que la ligne peut modifier"),
        (r"a row before it may end the run", "une ligne précédente peut arrêter l'exécution"),
        (
            r"several rows are about the record, and the run did not go as planned",
            "plusieurs lignes portent sur cet enregistrement, et l'exécution ne s'est pas déroulée comme prévu",
        ),
        (
            r"what identifies the records of this service is not known",
            "on ne sait pas ce qui identifie les enregistrements de ce service",
        ),
        (r"the path is made all the same", "le chemin est créé malgré tout"),
        (r"whether the method is there, and off, can't be seen", "on ne voit pas si la méthode est là, et désactivée"),
        (
            r"whether the user holds a role, without being enrolled, can't be seen",
            "on ne voit pas si l'utilisateur a un rôle sans être inscrit",
        ),
        (
            r"what a row without the column cmd does is a setting of the site",
            "c'est un réglage du site qui dit ce que fait une ligne sans colonne cmd",
        ),
        (r"whether an earlier run has made the account can't be seen", "on ne voit pas si une exécution précédente a créé le compte"),
        (
            r"whether a method that is off will do is a setting of the site",
            "c'est un réglage du site qui dit si une méthode désactivée convient",
        ),
        (
            r"whether courses that exist are overwritten is a setting of the site",
            "c'est un réglage du site qui dit si les cours existants sont écrasés",
        ),
        (
            r"what is left of the user in the course after an earlier row can't be told",
            "on ne peut pas savoir ce qu'une ligne précédente a laissé de l'utilisateur dans le cours",
        ),
        (r"starts like a comment: the plugin passes over it", "la ligne commence comme un commentaire : le plugin l'ignore"),
        (
            r"is empty or 0 in its first column: the plugin passes over it",
            "la première colonne est vide ou vaut 0 : le plugin ignore la ligne",
        ),
        (r"there is no course with this (\w+)", "aucun cours n'a cette valeur ({0})"),
        # What to do about it: module_utils/rows/reasons.py.
        *(
            (re.escape(english), french)
            for english, french in (
                ("Correct the cell, or leave the row out.", "Corrigez la cellule, ou retirez la ligne."),
                ("Create the account first, or correct the cell.", "Créez d'abord le compte, ou corrigez la cellule."),
                ("Create the course first, or correct the cell.", "Créez d'abord le cours, ou corrigez la cellule."),
                (
                    "Create the group first, let gcmd be gaddcreate, or correct the cell.",
                    "Créez d'abord le groupe, mettez gaddcreate dans gcmd, ou corrigez la cellule.",
                ),
                (
                    "Create the cohort first, or set autocreate of cohorts to 1 with toolsync_config.",
                    "Créez d'abord la cohorte, ou mettez le réglage autocreate de cohorts à 1 avec toolsync_config.",
                ),
                (
                    "Give the id of a category that is there, or a path of names.",
                    "Donnez l'identifiant d'une catégorie existante, ou un chemin de noms.",
                ),
                (
                    "Give a category that idnumber, or correct the cell.",
                    "Donnez ce numéro d'identification à une catégorie, ou corrigez la cellule.",
                ),
                (
                    "Name the cohort by what the file identifies cohorts by, or give the new one another name.",
                    "Désignez la cohorte par ce qui identifie les cohortes dans le fichier, ou donnez un autre nom à la nouvelle.",
                ),
                (
                    "Give the course another one, or correct the one that has it.",
                    "Donnez-en une autre à ce cours, ou corrigez le cours qui l'a.",
                ),
                (
                    "Correct the cell, or the account that has it: the file's other columns name another one.",
                    "Corrigez la cellule, ou le compte qui a cette valeur : les autres colonnes du fichier en désignent un autre.",
                ),
                (
                    "Fill in the cell: it is what tells accounts apart.",
                    "Remplissez la cellule : c'est elle qui distingue les comptes.",
                ),
                (
                    "Compare with the short names on Site administration > Users > Permissions > Define roles.",
                    "Comparez avec les noms abrégés de la page Administration du site > Utilisateurs > Permissions > Définition des rôles.",
                ),
                (
                    "Enrol the user in the same row: name a method that is on in the course.",
                    "Inscrivez l'utilisateur dans la même ligne, par une méthode activée dans le cours.",
                ),
                ("It is add, del, shift or enable.", "Les commandes sont add, del, shift et enable."),
                ("It is gadd, gaddcreate or gdel.", "Les commandes sont gadd, gaddcreate et gdel."),
                (
                    "Count the separators of the row: no cell may hold one.",
                    "Comptez les séparateurs de la ligne : aucune cellule ne peut en contenir.",
                ),
                ("Fill in the cell.", "Remplissez la cellule."),
            )
        ),
        # Of lists: services/enrol_refusals.py, services/group.py, read/directory.py.
        (r"(.+) \(capability (\S+)\)", "{0} (capacité {1})"),
        *(
            (
                rf"no {kind} has the (\w+) (.+), or one that the token's account may not see",
                f"{none} n'a cette valeur ({{0}} : {{1}}), ou bien le compte du jeton ne peut pas le voir",
            )
            for kind, none in (
                ("user", "aucun utilisateur"),
                ("course", "aucun cours"),
                ("cohort", "aucune cohorte"),
                ("category", "aucune catégorie"),
            )
        ),
        (
            r"several (?:\w+) have the (\w+) (.+) \(ids (.+)\): name the (?:\w+) by another identifier",
            "plusieurs ont cette valeur ({0} : {1} ; identifiants {2}) : utilisez un autre identifiant",
        ),
        (
            r"the token's account may not assign the role (.+) in this course \(Site administration .+\)",
            "le compte du jeton ne peut pas attribuer le rôle {0} dans ce cours (Administration du site > Utilisateurs > Permissions > "
            "Définition des rôles > Autoriser l'attribution de rôles)",
        ),
        (
            r"the course has no enabled (\w+) enrolment method \(in the course: Participants > Enrolment methods\)",
            "la méthode d'inscription {0} n'est pas activée dans le cours (dans le cours : Participants > Méthodes d'inscription)",
        ),
        (r"the token's account may not enrol users in this course", "le compte du jeton ne peut pas inscrire d'utilisateurs à ce cours"),
        (
            r"the token's account lacks a capability in this course \((\S+), for un-enrolling (\S+)\)",
            "il manque au compte du jeton une capacité dans ce cours ({0} ; pour désinscrire, {1})",
        ),
        (
            r"the user is not enrolled in the course, or hidden from the token's account",
            "l'utilisateur n'est pas inscrit au cours, ou le compte du jeton ne peut pas le voir",
        ),
        (r"the token's account may not enter this course", "le compte du jeton ne peut pas entrer dans ce cours"),
        # Why nothing was sent: services/plan.py, plugin_utils/sequence.py, the action plugin.
        (
            r"The plan removes (\d+) of (\d+) records, and removals_limit \((.+)\) allows (\d+)\. Look at rows\. .+",
            "Le plan retire {0} enregistrements sur {1}, et removals_limit ({2}) en autorise {3}. Regardez les lignes ; "
            "si c'est voulu, relevez removals_limit.",
        ),
        (
            r"The plan is another one than the approved (\S+): it is (\S+) now\. .+",
            "Le plan n'est pas celui qui a été approuvé ({0}) : c'est maintenant {1}. Les fichiers, les étapes ou le site ont "
            "changé depuis. Lancez en mode test, et faites approuver ce plan-là.",
        ),
        (r"(There is nothing to do\..+) \((.+) holds none of them\)\.", "{0} {1} n'en contient aucun."),
        (
            r"There is nothing to do\..+",
            "Il n'y a rien à faire. Donnez sync_steps, ou sync_csv_dir avec un dossier du contrôleur qui contient courses.csv, "
            "users.csv, cohorts.csv ou enrols.csv.",
        ),
        (r"there is no file (.+)\.", "le fichier {0} n'existe pas."),
    )
)

#: What a sentence is about: columns, or a step.
_ABOUT = re.compile(r"([^:]*[^\s:]): (.+)", re.DOTALL)


def in_french(text):
    """The text, or as much of it as there is a sentence for; of several lines, each. What is in French already stays as it is."""
    return "\n".join(map(_line, text.split("\n")))


def _line(text):
    for english, french in _SENTENCES:
        found = english.fullmatch(text)
        if found:
            return french.format(*(_line(group or "") for group in found.groups()))
    about = _ABOUT.fullmatch(text)
    if about:
        subject, sentence = about.groups()
        french = _line(sentence)
        return text if french == sentence else f"{subject} : {french}"
    return text

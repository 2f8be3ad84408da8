"""The texts of the sign-in, account and users pages."""

from __future__ import annotations

from dataclasses import dataclass

from ui.strings.base import pair


@dataclass(frozen=True, slots=True)
class AccessTexts:
    """The texts of one language; `code` is that of the language."""

    sign_in: str
    name: str
    password: str
    wrong: str
    wait: str
    nobody: str
    by_proxy: str
    forgotten: str
    again: str
    go_on: str
    account: str
    open_here: str
    you_are: str
    is_admin: str
    is_member: str
    reads_all: str
    reads: str
    reads_none: str
    change_password: str
    must_change: str
    old: str
    once: str
    new: str
    new_again: str
    password_hint: str
    save: str
    not_twice: str
    password_changed: str
    language: str
    language_hint: str
    sessions: str
    this_session: str
    begun: str
    seen: str
    end: str
    end_all: str
    end_tokens: str
    end_tokens_hint: str
    session_ended: str
    tokens: str
    tokens_hint: str
    label: str
    days: str
    days_hint: str
    kind: str
    kind_programs: str
    kind_widget: str
    too_wide: str
    bad_days: str
    create_token: str
    token_shown: str
    no_tokens: str
    expires: str
    used: str
    revoke: str
    token_revoked: str
    never: str
    code: str
    users: str
    add_user: str
    role: str
    member: str
    admin: str
    folders: str
    all_folders: str
    only_folders: str
    folders_hint: str
    no_folders: str
    all_folders_hint: str
    choose_folders: str
    no_folder: str
    closed: str
    opened: str
    state: str
    external: str
    create_user: str
    one_time: str
    renew: str
    renew_hint: str
    changed: str
    edit: str
    created: str
    not_here: str


ACCESS = pair(
    AccessTexts(
        sign_in="Se connecter",
        name="Nom",
        password="Mot de passe",
        wrong="Ce nom et ce mot de passe ne vont pas ensemble, ou le compte est fermé. Vérifiez les deux.",
        wait="Trop d'essais : attendez {seconds:seconde|secondes} avant le prochain.",
        nobody="Aucun compte n'existe encore. Sur la machine du serveur, créez l'administrateur avec "
        "« python -m ui accounts add NOM --admin ».",
        by_proxy="Ici on se connecte par le portail de l'association, et il ne vous a pas annoncé. Passez par lui ; si "
        "cela ne suffit pas, votre compte est fermé : voyez avec l'administrateur.",
        forgotten="Mot de passe oublié ? L'administrateur vous en donne un nouveau.",
        again="Un instant…",
        go_on="Continuer",
        account="Mon compte",
        open_here="Personne n'a besoin de se connecter ici : il n'y a donc pas de compte à régler.",
        you_are="Vous êtes connecté sous le nom {name}.",
        is_admin="Vous administrez.",
        is_member="Vous êtes membre.",
        reads_all="Vous lisez tous les dossiers.",
        reads="Vous lisez ces dossiers et les documents ouverts à tous : {groups}.",
        reads_none="Vous lisez les documents ouverts à tous.",
        change_password="Changer de mot de passe",
        must_change="Ce mot de passe n'était que pour commencer : choisissez maintenant le vôtre.",
        old="Mot de passe actuel",
        once="Mot de passe à usage unique",
        new="Nouveau mot de passe",
        new_again="Le nouveau encore une fois",
        password_hint="Au moins 12 caractères. Une phrase que vous seul connaissez convient bien. Vos autres "
        "connexions prendront fin.",
        save="Enregistrer",
        not_twice="Les deux nouveaux mots de passe diffèrent : écrivez deux fois le même.",
        password_changed="Votre mot de passe est changé ; vos autres connexions sont terminées.",
        language="Langue",
        language_hint="La langue des pages de ce navigateur.",
        sessions="Connexions ouvertes",
        this_session="celle-ci",
        begun="Ouverte",
        seen="Vue",
        end="Terminer",
        end_all="Se déconnecter partout",
        end_tokens="Révoquer aussi mes jetons ({count})",
        end_tokens_hint="Un jeton reste valable sans connexion. Une fois révoqué, le programme ou le site qui "
        "s'en sert s'arrête aussitôt, jusqu'à ce que vous lui en donniez un autre.",
        session_ended="Cette connexion est terminée.",
        tokens="Jetons pour les programmes et les sites",
        tokens_hint="Un jeton laisse un programme poser des questions en votre nom, avec vos dossiers. Donnez-en un à "
        "chaque programme, et révoquez-le quand il ne sert plus.",
        kind="Il ouvre",
        kind_programs="l'interface pour les programmes (/api, /v1)",
        kind_widget="la fenêtre de questions d'un site public, rien d'autre",
        too_wide="Ce jeton serait lisible par tous : il faut un compte qui n'administre pas et ne lit que certains "
        "dossiers. Demandez à l'administrateur un compte pour le site.",
        label="À quoi il sert",
        days="Valable pendant (jours)",
        days_hint="Vide : sans fin.",
        bad_days="La durée vaut {days} ; il faut un nombre de jours entre 1 et {most}, ou rien.",
        create_token="Créer un jeton",
        token_shown="Copiez ce jeton maintenant, il ne sera plus jamais affiché :",
        no_tokens="Vous n'avez pas de jeton.",
        expires="Fin",
        used="Utilisé",
        revoke="Révoquer",
        token_revoked="Ce jeton ne vaut plus rien.",
        never="jamais",
        code="fr",
        users="Comptes",
        add_user="Nouveau compte",
        role="Rôle",
        member="Membre",
        admin="Administrateur",
        folders="Dossiers",
        all_folders="Tous les dossiers",
        only_folders="Seulement ceux-ci",
        folders_hint="Les documents hors de tout dossier sont ouverts à tous.",
        all_folders_hint="« Tous les dossiers » comprend ceux qui seront créés plus tard.",
        choose_folders="Choisissez ce que ce compte peut lire : tous les dossiers, ou seulement certains.",
        no_folder="aucun dossier, seulement ce qui est ouvert à tous",
        no_folders="Le corpus n'a pas de dossier : tout y est ouvert à tous.",
        closed="Fermé",
        opened="Ouvert",
        state="État",
        external="Se connecte par le portail : rôle et dossiers viennent de lui.",
        create_user="Créer le compte",
        one_time="Mot de passe de {name}, affiché une seule fois, valable {days:jour|jours} et à changer à la première "
        "connexion :",
        renew="Nouveau mot de passe",
        renew_hint="Remplace le mot de passe, termine les connexions et révoque les jetons.",
        changed="Le compte {name} est enregistré.",
        edit="Modifier",
        created="Créé",
        not_here="Ici on se connecte par le portail de l'association : les comptes naissent à la première visite.",
    ),
    AccessTexts(
        sign_in="Sign in",
        name="Name",
        password="Password",
        wrong="This name and this password do not go together, or the account is closed. Check both.",
        wait="Too many attempts: wait {seconds:second|seconds} before the next one.",
        nobody="There is no account yet. On the server's machine, make the administrator with "
        "“python -m ui accounts add NAME --admin”.",
        by_proxy="One signs in through the association's portal here, and it has not announced you. Go through it; if "
        "that does not help, your account is closed: ask the administrator.",
        forgotten="Forgotten your password? The administrator gives you a new one.",
        again="One moment…",
        go_on="Go on",
        account="My account",
        open_here="Nobody needs to sign in here, so there is no account to change.",
        you_are="You are signed in as {name}.",
        is_admin="You administer.",
        is_member="You are a member.",
        reads_all="You read all folders.",
        reads="You read these folders and the documents open to all: {groups}.",
        reads_none="You read the documents open to all.",
        change_password="Change your password",
        must_change="Your password was for one use: now choose your own.",
        old="Current password",
        once="One-time password",
        new="New password",
        new_again="The new one again",
        password_hint="At least 12 characters. A sentence that only you know does well. Your other sessions will end.",
        save="Save",
        not_twice="The two new passwords differ: write the same one twice.",
        password_changed="Your password is changed; your other sessions have ended.",
        language="Language",
        language_hint="The language of the pages in this browser.",
        sessions="Open sessions",
        this_session="this one",
        begun="Begun",
        seen="Seen",
        end="End",
        end_all="Sign out everywhere",
        end_tokens="Revoke my tokens too ({count})",
        end_tokens_hint="A token stays valid without a session. Once it is revoked, the program or site that uses it "
        "stops at once, until you give it another one.",
        session_ended="This session has ended.",
        tokens="Tokens for programs and sites",
        kind="It opens",
        kind_programs="the interface for programs (/api, /v1)",
        kind_widget="the question window of a public site, nothing else",
        too_wide="Everybody could read this token: it needs an account that does not administer and reads only some "
        "folders. Ask the administrator for an account for the site.",
        tokens_hint="A token lets a program ask questions in your name, with your folders. Give each program its own, "
        "and revoke it when it is no longer used.",
        label="What it is for",
        days="Valid for (days)",
        days_hint="Empty: without end.",
        bad_days="The time is {days}; a number of days from 1 to {most} is needed, or nothing.",
        create_token="Make a token",
        token_shown="Copy this token now, it will never be shown again:",
        no_tokens="You have no token.",
        expires="End",
        used="Used",
        revoke="Revoke",
        token_revoked="This token is no longer valid.",
        never="never",
        code="en",
        users="Accounts",
        add_user="New account",
        role="Role",
        member="Member",
        admin="Administrator",
        folders="Folders",
        all_folders="All folders",
        only_folders="Only these",
        folders_hint="Documents outside of all folders are open to everybody.",
        all_folders_hint="“All folders” includes those that will be made later.",
        choose_folders="Choose what this account may read: all folders, or only some.",
        no_folder="no folder, only what is open to everybody",
        no_folders="The corpus has no folder: everything in it is open to everybody.",
        closed="Closed",
        opened="Open",
        state="State",
        external="Signs in through the portal: role and folders come from there.",
        create_user="Make the account",
        one_time="Password of {name}, shown once, valid for {days:day|days} and to be changed at the first sign-in:",
        renew="New password",
        renew_hint="Replaces the password, ends the sessions and revokes the tokens.",
        changed="The account {name} is saved.",
        edit="Change",
        created="Made",
        not_here="One signs in through the association's portal here: accounts are made at the first visit.",
    ),
)

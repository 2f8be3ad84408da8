"""Words of one family that a stemmer keeps apart: "adhérer" and "adhésion", "élire" and "élection".

French makes nouns of verbs in ways that no ending tells. Only words of one meaning are listed: "employeur" and
"employé" are not. Written folded, one family a line.
"""

from __future__ import annotations

FAMILIES = tuple(
    line.split()
    for line in """
adherer adherent adherents adhesion adhesions
payer paye paiement paie payable
convoquer convoque convocation
revoquer revoque revocation
exclure exclu exclue exclusion
rompre rompu rompue rupture
vendre vend vendu vente ventes vendeur
louer loue loyer location
souscrire souscrit souscription
inscrire inscrit inscrite inscription
prescrire prescrit prescription
percevoir percoit percu perception
admettre admis admise admission
transmettre transmis transmet transmission
soumettre soumis soumission
proteger protege protection protecteur
deroger deroge derogation derogatoire
dissoudre dissous dissolution
elire elit elu elue elus election elections electoral
suspendre suspendu suspension
etendre etendu etendue extension
prevenir prevention preventif
reduire reduit reduite reduction
construire construit construction
produire produit production
detruire detruit destruction
interdire interdit interdite interdiction
recevoir recoit recu reception
decider decide decision
absenter absent absente absence
naitre nait naissance
deceder decede deces
partir depart
choisir choisit choix
indemniser indemnise indemnite indemnites indemnisation
saisir saisine
appliquer applique application applicable
obliger oblige obligation obligatoire
refuser refus
deposer depose depot
gerer gere gestion
diriger dirige direction
rediger redige redaction
corriger corrige correction
ouvrir ouvre ouvert ouverte ouverture
couvrir couvre couvert couverte couverture
acquerir acquis acquise acquisition
peser pese poids
long longue longueur
large largeur
haut haute hauteur
epais epaisse epaisseur
chomer chome chomage chomeur
apprenti apprentis apprentissage
nommer nomme nomination
renoncer renonce renonciation
exiger exige exigence
repondre repond reponse
demissionner demission demissionnaire
licencier licencie licenciement
resoudre resolution
radier radie radiation
livrer livraison
signer signature
fermer fermeture
marier mariage
soigner soin soins
blesser blessure
plaindre plainte
contraindre contrainte
defendre defense
reunir reunit reunion
entretenir entretien
maintenir maintien
soutenir soutien
obtenir obtention
retenir retenue
intervenir intervention
acheter achat
muter mutation
promouvoir promotion
reconnaitre reconnaissance
conclure conclu conclusion
traduire traduction
presider president presidente presidence
conduire conducteur conduite
nettoyer nettoyage
an ans annee annees annuel annuelle annuellement
mois mensuel mensuelle mensuellement
semaine hebdomadaire
enceinte grossesse
""".split("\n")
    if line
)

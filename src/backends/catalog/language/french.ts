import { createCues } from './cues.ts';
import { type Phrases, type Speech, wordSet } from './phrases.ts';

const forWords = (words: string): string => (words === '' ? '' : ` pour « ${words} »`);

const phrases: Phrases = {
  language: 'fr',
  greeting: 'Bonjour ! Comment puis-je vous aider ?',
  thanks: 'Avec plaisir ! Puis-je chercher autre chose pour vous ?',
  goodbye: 'Au revoir, et merci de votre visite !',
  silence: 'Comment puis-je vous aider ? Dites-moi ce que vous cherchez, ou posez une question sur un produit.',
  picture: "Merci pour l'image. Je ne peux pas la voir : dites-moi avec des mots ce que vous cherchez.",
  choiceInStock: ({ title, choice, quantity, price }) =>
    `Oui ! « ${title} » est en stock en ${choice}${quantity === undefined ? '' : ` (quantité : ${quantity})`}.` +
    (price === undefined ? '' : ` Le prix est de ${price}.`),
  choiceListed: ({ title, choice }) => `« ${title} » est indiqué en ${choice} ; je n'en connais pas le stock.`,
  choiceSoldOut: ({ title, choice, listed }) =>
    `Désolé, nous n'avons pas « ${title} » en ${choice} en ce moment.` +
    (listed.length === 0 ? '' : ` En stock : ${listed.join(', ')}.`),
  choiceUnknown: ({ title, choice, listed }) =>
    `Non, « ${title} » n'est pas indiqué en ${choice}. Il y a : ${listed.join(', ')}.`,
  choiceUnclear: ({ title, choice, listed }) =>
    `Je ne peux pas dire si « ${title} » existe en ${choice}. Indiqué : ${listed.join(', ')}.`,
  choiceTooFew: ({ title, choice, quantity }) => `Il n'y a pas plus de ${quantity} « ${title} » en stock en ${choice}.`,
  noChoices: ({ title, choice }) => `Aucun choix n'est indiqué pour « ${title} » : je ne peux pas promettre ${choice}.`,
  yes: 'Oui ! ',
  size: (value) => `taille ${value}`,
  stock: {
    'in-stock': ({ title, quantity }) =>
      `${title === undefined ? 'En stock' : `« ${title} » est en stock`}${quantity === undefined ? '' : ` (quantité : ${quantity})`}.`,
    limited: ({ title, quantity }) =>
      `${title === undefined ? 'En stock' : `« ${title} » est en stock`}, mais il en reste peu${quantity === undefined ? '' : ` (quantité : ${quantity})`}.`,
    preorder: ({ title }) =>
      `Pas encore en stock, mais ${title === undefined ? 'cela' : `« ${title} »`} peut être précommandé.`,
    'out-of-stock': ({ title }) =>
      `Désolé, ${title === undefined ? "ce n'est" : `« ${title} » n'est`} pas en stock en ce moment.`,
    unknown: ({ title }) => `Je ne connais pas le stock${title === undefined ? '' : ` de « ${title} »`}.`,
  },
  brief: { 'in-stock': 'en stock', limited: 'il en reste peu', preorder: 'en précommande', 'out-of-stock': 'épuisé' },
  price: ({ title, price, note }) => `« ${title} » coûte ${price}${note === undefined ? '' : ` (${note})`}.`,
  noPrice: (title) => `Je n'ai pas de prix pour « ${title} ».`,
  by: (brand) => `de ${brand}`,
  details: (pairs) => `Détails : ${pairs.join(' ; ')}.`,
  stated: ({ title, facts }) => `Pour « ${title} », le catalogue dit : ${facts.join(' ; ')}.`,
  unstated: ({ title, words }) => `Le catalogue ne dit rien de « ${words} » pour « ${title} ».`,
  whichProduct: 'De quel produit parlez-vous ? Dites-moi son nom.',
  found: ({ words, limits, count }) =>
    `Voici ${count === 1 ? "ce que j'ai" : `${count} produits que j'ai`} trouvé${count === 1 ? '' : 's'}${forWords(words)}${limits} :`,
  recommended: ({ words, limits }) => `Voici ce que je propose${forWords(words)}${limits} :`,
  gifts: () => 'Voici quelques idées de cadeaux :',
  cheapest: ({ words, title, price }) => `Le prix le plus bas${forWords(words)} est de ${price}, pour « ${title} ».`,
  dearest: ({ words, title, price }) => `Le prix le plus élevé${forWords(words)} est de ${price}, pour « ${title} ».`,
  unranked: (words) => `Je ne peux pas dire avec certitude lequel est ${words === '' ? 'celui-là' : `« ${words} »`} :`,
  near: ({ words, missing }) =>
    `Je n'ai rien trouvé qui soit exactement « ${words} »${missing === '' ? '' : ` (rien ici ne mentionne « ${missing} »)`}. Le plus proche :`,
  ignored: (words) => `Je n'ai pas pu tenir compte de « ${words} ».`,
  leftOut: (words) => `J'ai laissé de côté ce qui mentionne « ${words} ».`,
  otherCurrency: ({ asked, ours }) =>
    `Nos prix sont en ${ours} et je ne convertis pas ${asked} : la limite n'est pas appliquée.`,
  outOfBudget: ({ words, limits }) => `Je n'ai rien${forWords(words)}${limits}. Le plus proche en prix :`,
  nothing: ({ words, categories }) =>
    `Désolé, je n'ai rien trouvé${forWords(words)}.${categories === '' ? '' : ` Nous avons ${categories} : puis-je vous montrer quelque chose ?`}`,
  limits: ({ minimum, maximum }) => {
    if (minimum !== undefined && maximum !== undefined) return ` entre ${minimum} et ${maximum}`;
    return minimum === undefined ? (maximum === undefined ? '' : ` jusqu'à ${maximum}`) : ` à partir de ${minimum}`;
  },
  brands: (names) => `Nous proposons ${names}.`,
  categories: (names) => `Nous avons ${names}. Que cherchez-vous ?`,
  noAnswer: (words) =>
    `Je n'ai pas de réponse ${words === '' ? 'à cela' : `sur « ${words} »`}. Demandez à l'équipe de la boutique.`,
  nearAnswer: (words) => `Je n'ai pas de réponse qui parle de « ${words} ». Ce que j'en sais :`,
  comparison: 'Voici la comparaison :',
  cheaperBy: ({ title, difference, other }) => `« ${title} » coûte ${difference} de moins que « ${other} ».`,
  samePrice: (titles) => `Le prix est le même : ${titles}.`,
  alternatives: (title) => `Voici ce qui ressemble le plus à « ${title} » :`,
  cheaperThan: (title) => `Voici ce qui coûte moins que « ${title} » :`,
  noCheaper: (title) => `Je n'ai rien de ce genre qui coûte moins que « ${title} ».`,
  noAlternative: (title) => `Je n'ai rien d'autre du genre de « ${title} ».`,
  more: 'Volontiers, voici plus de détails :',
  moreOfWhat:
    'Volontiers ! Sur quoi voulez-vous en savoir plus ? Nommez un produit ou un sujet, comme la livraison ou les retours.',
  saidAll: "C'est tout ce que j'en sais. Puis-je chercher autre chose pour vous ?",
  reasons: {
    seen: () => "vous l'avez regardé",
    page: () => 'il est sur la page où vous êtes',
    'in-stock': () => 'il est en stock',
    cheapest: () => 'il a le prix le plus bas de ceux qui conviennent',
    dearest: () => 'il a le prix le plus élevé de ceux qui conviennent',
    matches: ({ words }) => `il correspond à « ${words} »`,
    budget: ({ amount }) => `il reste dans la limite de ${amount}`,
  },
  and: ', et ',
  ask: {
    stock: (title) => `Est-ce que ${title} est en stock ?`,
    similar: (title) => `Qu'est-ce qui ressemble à ${title} ?`,
    category: (name) => `Montrez-moi ${name}`,
  },
};

/** French. */
export const french: Speech = {
  phrases,
  grammar: wordSet(`
    le la les l un une des du de d et ou mais pas ne n sans avec pour par dans en sur sous chez est sont c ce cette cet ces ca il elle ils elles je j tu vous nous on
    mon ma mes votre vos notre nos avez avons ai a as ont qu que qui quoi quel quelle quels quelles combien comment pourquoi quand bonjour salut bonsoir merci svp
    plait s il y moins plus cherche cherchez veux voudrais montrez montre au aux moi se tres entre jusqu oui non rien autre beaucoup cher chere coute disponible taille`),
  asking: wordSet(`
    sa son ses avoir etre fait faire faites peut peux pouvez pourriez vendez vendre vend trouver trouve achete acheter prix coutent prend prenez propose proposez livrable stock disponibles
    disponibilite couleur couleurs tailles pointure article articles produit produits chose choses quelque quelques genre type sorte modele modeles marque marques categorie categories
    meilleur meilleure meilleurs bon bonne bien mieux idee idees cadeau cadeaux offrir recommandez recommander recommandation conseillez conseil chers cheres abordable premier premiere
    deuxieme second seconde troisieme celui celle ceux lequel laquelle encore aussi seulement uniquement juste alors donc vraiment actuellement maintenant budget maximum minimum max min
    euro euros eur dollar dollars livres francs detail details info infos information informations dites dis savoir besoin aimerais voir semblable similaire similaires alternative alternatives
    comparer comparez difference existe existent vient environ autour inferieur superieur comme leur lui toi ceci cela t m piece pieces exactement toujours reste restent quantite parle parlez`),
  cues: createCues({
    greeting: 'bonjour|salut|bonsoir|coucou|hello',
    thanks: 'merci(?: beaucoup)?',
    goodbye: 'au revoir|a bientot|bonne journee|adieu',
    elaborate:
      'plus de details|en savoir plus|dites-m en plus|dis-m en plus|developpe[rz]?|plus d informations?|expliquez(?: mieux)?|continue[rz]?',
    compare:
      'ou [^?!.]{1,80} (?:moins|plus) chere?|(?:moins|plus) chere?s? que (?![\\d$€£])|compare[rz]?|comparaison|difference|lequel est (?:le )?(?:moins|plus) cher|laquelle est (?:la )?(?:moins|plus) chere',
    stock:
      'en stock|stock|disponibles?|epuise\\w*|tailles?|pointures?|combien (?:en|y|il)|il en reste|couleurs?|existe(?:nt)?(?:-t-(?:il|elle))? en',
    choices: 'tailles?|pointures?|couleurs?',
    price: 'combien coute\\w*|coute\\w*|prix|a combien|c est combien|combien ca|combien vaut|tarifs?',
    details: 'qu est-ce que|c est quoi|decri\\w+|details?|informations?|caracteristiques',
    seek: 'avez-vous|vous avez|est-ce que vous avez|vendez-vous|vous vendez|montrez|montre-moi|je cherche|cherche|il me faut|je veux|je voudrais|y a-t-il|il y a|quelque chose|quels?|quelles?|proposez',
    cheapest: '(?:le|la|les) moins cher\\w*|(?:le )?prix le plus bas|meilleur marche',
    dearest: '(?:le|la|les) plus cher\\w*|prix le plus eleve',
    cheaper: 'moins cher\\w*|meilleur marche',
    similar: 'similaires?|semblables?|ressemble\\w*|alternatives?|autre chose|comme celui',
    recommend: 'recommand\\w*|conseill\\w*|suggere\\w*|meilleure?s?|bon',
    gift: 'cadeaux?|anniversaire|noel|offrir',
    availableOnly: 'en stock|disponibles?|tout de suite|aujourd hui',
    brands: '(?:quelles?|vos|les)\\b.*\\bmarques|marques',
    categories: 'que vendez-vous|qu est-ce que vous (?:vendez|avez|proposez)|vous vendez quoi|categories|assortiment',
    pointer:
      '(?:est|a|coute|existe|pese|vient|resiste|passe|convient)(?:-| )t?-?(?:il|elle)|(?:il|elle) (?:est|a|coute|existe|pese|vient|resiste|passe|convient|contient|fait)|est-ce qu (?:il|elle)|l avez(?:-vous)?|vous l avez|en reste',
    demonstrative: '(?<!est-)ce|cet|cette|ces|celui-ci|celle-ci|celui-la|celle-la|ca|cela|ceci|c est',
    numbers: 'deux trois quatre cinq six sept huit neuf dix',
    counted: 'articles?|produits?|idees?|cadeaux',
    further: {
      joins: 'et mais aussi',
      opens:
        'combien|est ce|quel (?:est|prix)|quelle (?:est|taille|couleur)|quand|ou|avez vous|vous avez|peut on|puis je|livrez|est il|est elle|y a t il|il y a|a t il|cela|ca',
    },
    affirms: 'oui|non|bien sûr',
    question: '(?:et |mais )?(?:est|sont|a|peut|combien|quel\\w*|resiste|de quoi|en quoi|existe|c est)',
    quality: '(?:existe|vient|disponible|l avez|le faites|en avez|dispo)(?:[- ][a-z-]+)? en ([a-z]{3,20})',
    oneself: 'pour (?:moi|nous)',
    recipient: 'pour (?:mon|ma|notre) ([a-z]+)',
    ordinals: ['premiere?', 'deuxieme|seconde?', 'troisieme', 'quatrieme'],
    topic:
      'frais de port|retirer|horaire|ferme\\w*|emballe\\w*|papier cadeau|code de reduction|colis|accept\\w*|livr(?:ez|er|aison\\w*|e|ons)|expedi\\w*|envoy\\w*|retour\\w*|retourner|rembours\\w*|echang\\w*|garantie|repar\\w*|pay(?:er|ez|able)|paiement\\w*|facture|plusieurs fois|horaires|ouvert\\w*|code promo|reduction|remise|etudiant\\w*|newsletter|fidelite|commande|suivi|annuler|retrait|telephone de|contact\\w*|service client|parler a|douane|reserver|emballage cadeau|alignez|aligner|emploi',
    wholeShop: 'boutique|magasin|vend\\w*',
    which: 'quels?|quelles?|lequel|laquelle|lesquels|lesquelles',
    degree: '(?:plus|moins) (?!chere?s?\\b|de \\d|d un)(?:de |d )?[a-z]{3,}|meilleure?s?|mieux',
    age: '(\\d{1,2}) ans',
    separator: 'et|avec|ou|entre|que|contre',
    sizeWords: 'tailles?|pointures?|en taille|du',
    sizeIn: 'en|du',
    prices: {
      between: ['entre|de', 'et|a'],
      atMost:
        'pas plus chere?s? que|moins de|sous(?: les)?|en dessous de|jusqu a|maximum|max\\.?|pas plus de|au plus|a moins de|inferieur(?:e|s|es)? a|budget (?:de|est)',
      atLeast: 'plus de|au moins|a partir de|au-dessus de|superieur(?:e|s|es)? a|minimum',
      around: 'environ|autour de|vers|a peu pres',
      orLess: 'ou moins|maximum|max|au plus',
      orMore: 'ou plus|minimum|et plus',
    },
    negators:
      'rien, pas, pas de, pas d, pas en, sans, sauf, non, hors, ni, excepte, autre que, aucun, aucune, plutot que, surtout pas, mais pas',
    joins: 'ou et ni',
  }),
};

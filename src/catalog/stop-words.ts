/** Words that say nothing about any product: left out of the index and of every query. English and German. */
const grammar = `
a an and are as at be been but by can could did do does for from had has have he her hers him his how i if in into is it its me my no nor
not of on or our ours out she so such than that the their theirs them then there these they this those to too us was we were what when
where which while who whom whose why will with would you your yours
aber als am an auch auf aus bei bin bis da dann das dass dein deine dem den denn der des die dies diese diesem diesen dieser dieses doch
du durch ein eine einem einen einer eines er es euch euer eure fuer gegen hab habe haben habt hast hatte ich ihr ihre im in ins ist
ja jede jeder jedes kann kein keine keinen mal mein meine meinen meinem meiner mich mir mit nach nicht noch nur ob oder ohne sein
seine sich sie sind so ueber um und uns unser unsere vom von vor war warum was welche welcher welches welchen wenn wer wie wieder wir
wird wo zu zum zur
`;

/** Words of asking and wishing: left out of queries only, since a product's text may mean something by them. */
const asking = `
about again all also another any anything ask available availability best better buy cheap cheaper cheapest come comes compare cost
costs currently detail details difference dollar dollars easter eur euro euros expensive explain find get getting gift gifts give go good got great
hello hey hi idea ideas information interested inventory just kind kinds know left like likes list little look looking lot love many maybe
more most much need needs now offer offers one ones option options order please pound pounds present presents price priced prices pricing
product products purchase quick range really recommend recommendation recommendations recommended right search see sell selling show size
sizes some someone something sort sold sorts stock stocked suggest suggestion suggestions tell thank thanks thing things think those type
types under over up usd use versus vs want wants wish wondering works yes
alles alternative alternativen bestand bestellen bestes bitte brauche braucht danke eigentlich empfehlen empfehlt empfehlung empfehlungen
empfiehlst etwas finde finden geben gern gerne geschenk geschenke gibt groesse groessen guenstig guenstige guenstiger guenstigste
guenstigsten guenstigstes gut guter gute gutes gutem guten hallo hilfe idee ideen info infos irgendwas kaufe kaufen kennst koennt koennen
kosten kostet lager lieber lieferbar moechte moechten preis preise preiswert produkt produkte produkten sache sachen schenken schoen
schoene schoenes suche suchen sucht teuer teuerste teuersten unter ueber verfuegbar vergleich vergleiche vergleichen verkauft vorraetig
vorschlag vorschlaege wollen zeig zeige zeigen zeigt zwischen empfehlenswert sortiment
`;

const list = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Folded words without which a text still names the same products. */
export const stopWords: ReadonlySet<string> = new Set(list(grammar));

/** Folded words that make a text a request, but say nothing about what is asked for. */
export const askingWords: ReadonlySet<string> = new Set(list(asking));

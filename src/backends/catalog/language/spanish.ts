import { createCues } from './cues.ts';
import { type Phrases, type Speech, wordSet } from './phrases.ts';

const forWords = (words: string): string => (words === '' ? '' : ` para «${words}»`);

const phrases: Phrases = {
  language: 'es',
  greeting: '¡Hola! ¿En qué puedo ayudarle?',
  thanks: '¡Con mucho gusto! ¿Busco algo más para usted?',
  goodbye: '¡Hasta luego, y gracias por su visita!',
  silence: '¿En qué puedo ayudarle? Dígame qué busca, o pregunte por un producto.',
  picture: 'Gracias por la imagen. No puedo verla: dígame con palabras qué busca.',
  choiceInStock: ({ title, choice, quantity, price }) =>
    `¡Sí! «${title}» está disponible en ${choice}${quantity === undefined ? '' : ` (cantidad: ${quantity})`}.` +
    (price === undefined ? '' : ` El precio es ${price}.`),
  choiceListed: ({ title, choice }) => `«${title}» figura en ${choice}; no conozco sus existencias.`,
  choiceSoldOut: ({ title, choice, listed }) =>
    `Lo siento, ahora no tenemos «${title}» en ${choice}.` +
    (listed.length === 0 ? '' : ` Disponible: ${listed.join(', ')}.`),
  choiceUnknown: ({ title, choice, listed }) => `No, «${title}» no figura en ${choice}. Hay: ${listed.join(', ')}.`,
  choiceUnclear: ({ title, choice, listed }) =>
    `De «${title}» en ${choice} el catálogo no dice nada seguro. Figura: ${listed.join(', ')}.`,
  choiceTooFew: ({ title, choice, quantity }) => `No hay más de ${quantity} de «${title}» en ${choice}.`,
  noChoices: ({ title, choice }) => `Para «${title}» no figura ninguna opción: no puedo prometer ${choice}.`,
  yes: '¡Sí! ',
  size: (value) => `talla ${value}`,
  stock: {
    'in-stock': ({ title, quantity }) =>
      `${title === undefined ? 'Está disponible' : `«${title}» está disponible`}${quantity === undefined ? '' : ` (cantidad: ${quantity})`}.`,
    limited: ({ title, quantity }) =>
      `${title === undefined ? 'Está disponible' : `«${title}» está disponible`}, pero quedan pocas unidades${quantity === undefined ? '' : ` (cantidad: ${quantity})`}.`,
    preorder: ({ title }) =>
      `Todavía no está disponible, pero ${title === undefined ? 'se' : `«${title}» se`} puede reservar.`,
    'out-of-stock': ({ title }) =>
      `Lo siento, ${title === undefined ? 'ahora' : `«${title}» ahora`} no está disponible.`,
    unknown: ({ title }) => `No conozco las existencias${title === undefined ? '' : ` de «${title}»`}.`,
  },
  brief: { 'in-stock': 'disponible', limited: 'quedan pocos', preorder: 'en preventa', 'out-of-stock': 'agotado' },
  price: ({ title, price, note }) => `«${title}» cuesta ${price}${note === undefined ? '' : ` (${note})`}.`,
  noPrice: (title) => `No tengo precio para «${title}».`,
  by: (brand) => `de ${brand}`,
  details: (pairs) => `Detalles: ${pairs.join('; ')}.`,
  stated: ({ title, facts }) => `De «${title}» el catálogo dice: ${facts.join('; ')}.`,
  unstated: ({ title, words }) => `El catálogo no dice nada de «${words}» para «${title}».`,
  whichProduct: '¿A qué producto se refiere? Dígame su nombre.',
  found: ({ words, limits, count }) =>
    `${count === 1 ? 'Esto es lo que' : `Estos son ${count} productos que`} he encontrado${forWords(words)}${limits}:`,
  recommended: ({ words, limits }) => `Esto es lo que le propongo${forWords(words)}${limits}:`,
  gifts: () => 'Aquí tiene algunas ideas para regalar:',
  cheapest: ({ words, title, price }) => `El precio más bajo${forWords(words)} es ${price}, de «${title}».`,
  dearest: ({ words, title, price }) => `El precio más alto${forWords(words)} es ${price}, de «${title}».`,
  unranked: (words) => `No puedo decir con seguridad cuál es ${words === '' ? 'ese' : `«${words}»`}:`,
  near: ({ words, missing }) =>
    `No he encontrado nada que sea exactamente «${words}»${missing === '' ? '' : ` (nada de esto menciona «${missing}»)`}. Lo más parecido:`,
  ignored: (words) => `No he podido tener en cuenta «${words}».`,
  leftOut: (words) => `He dejado fuera lo que menciona «${words}».`,
  otherCurrency: ({ asked, ours }) =>
    `Nuestros precios están en ${ours} y no convierto ${asked}: el límite no se aplica.`,
  outOfBudget: ({ words, limits }) => `No tengo nada${forWords(words)}${limits}. Lo más cercano en precio:`,
  nothing: ({ words, categories }) =>
    `Lo siento, no he encontrado nada${forWords(words)}.${categories === '' ? '' : ` Tenemos ${categories}: ¿le enseño algo?`}`,
  limits: ({ minimum, maximum }) => {
    if (minimum !== undefined && maximum !== undefined) return ` entre ${minimum} y ${maximum}`;
    return minimum === undefined ? (maximum === undefined ? '' : ` hasta ${maximum}`) : ` desde ${minimum}`;
  },
  brands: (names) => `Tenemos ${names}.`,
  categories: (names) => `Tenemos ${names}. ¿Qué busca?`,
  noAnswer: (words) =>
    `${words === '' ? 'A eso' : `Sobre «${words}»`} no tengo respuesta. Pregunte, por favor, al equipo de la tienda.`,
  nearAnswer: (words) => `No tengo una respuesta que hable de «${words}». Lo que sé de ello:`,
  comparison: 'Esta es la comparación:',
  cheaperBy: ({ title, difference, other }) => `«${title}» cuesta ${difference} menos que «${other}».`,
  samePrice: (titles) => `El precio es el mismo: ${titles}.`,
  alternatives: (title) => `Esto es lo más parecido a «${title}»:`,
  cheaperThan: (title) => `Esto cuesta menos que «${title}»:`,
  noCheaper: (title) => `No tengo nada de ese tipo que cueste menos que «${title}».`,
  noAlternative: (title) => `No tengo nada más del tipo de «${title}».`,
  more: 'Con gusto, aquí hay más:',
  moreOfWhat:
    '¡Con gusto! ¿Sobre qué quiere saber más? Nombre un producto o un tema, como el envío o las devoluciones.',
  saidAll: 'Eso es todo lo que sé. ¿Busco algo más para usted?',
  reasons: {
    seen: () => 'usted lo ha mirado',
    page: () => 'está en la página que usted mira',
    'in-stock': () => 'está disponible',
    cheapest: () => 'tiene el precio más bajo de los que encajan',
    dearest: () => 'tiene el precio más alto de los que encajan',
    matches: ({ words }) => `encaja con «${words}»`,
    budget: ({ amount }) => `no pasa de ${amount}`,
  },
  and: ', y ',
  ask: {
    stock: (title) => `¿Está disponible ${title}?`,
    similar: (title) => `¿Qué se parece a ${title}?`,
    category: (name) => `Enséñeme ${name}`,
  },
};

/** Spanish. */
export const spanish: Speech = {
  phrases,
  grammar: wordSet(`
    el la los las lo un una unos unas de del al y o u pero no sin con para por en sobre entre hasta desde es son esta este esto estos estas esa ese eso esos esas
    hay tiene tienen teneis tengo tienes que quien cual cuales cuanto cuanta cuantos cuantas como cuando donde mi mis su sus tu tus me se te le les hola buenos buenas
    dias tardes gracias favor busco buscamos quiero quisiera necesito muestrame enseneme algo mas menos muy tambien solo cuesta cuestan precio talla yo usted ustedes nos
    a si ya otro otra barato barata bajo disponible podeis puede pueden puedo tienda nada`),
  asking: wordSet(`
    esto es hora hoy manana esta estan estar ser haber hace hacen viene vienen vende venden vendeis vender comprar encontrar precios valen vale disponibles existencias stock queda quedan color colores tallas
    numero articulo articulos producto productos cosa cosas tipo clase modelo modelos marca marcas categoria categorias mejor mejores bueno buena bien idea ideas regalo regalos
    regalar recomienda recomiendan recomendais recomendacion aconseja sugiere baratos baratas caro cara caros caras economico primero primera segundo segunda tercero tercera aquel
    aquella algun alguno alguna algunos algunas todo todos todas todavia aun ahora actualmente realmente presupuesto maximo minimo euro euros eur dolar dolares libras francos detalle
    detalles informacion info diga dime digame saber gustaria ver parecido parecidos parecida similar similares alternativa alternativas comparar compara diferencia existe existen
    aproximadamente alrededor unidades unidad piezas pieza exactamente otros otras mostrar muestra muestreme ensename ensena ademas donde llevan manejan trabajan cueste superior inferior`),
  cues: createCues({
    greeting: 'hola|buenos dias|buenas(?: tardes| noches)?',
    thanks: '(?:muchas )?gracias',
    goodbye: 'adios|hasta luego|hasta pronto|chao|buen dia',
    elaborate:
      'mas detalles|saber mas|cuent[ae]me mas|dime mas|digame mas|mas informacion|expli(?:ca|que)(?:me)?(?: mejor)?|continua',
    compare:
      'o [^?!.]{1,80} mas (?:barat[oa]|car[oa])|mas (?:barat|car)[oa]s? que (?![\\d$€£])|compar[ae]\\w*|comparacion|diferencias?|cual es (?:el |la )?mas (?:barat[oa]|car[oa])',
    stock:
      'en stock|stock|disponibles?|agotad[oa]s?|existencias|tallas?|cuant[oa]s (?:hay|quedan|teneis|tienen)|quedan?|colores?|viene en|(?:lo|la) (?:hay|tienen|teneis) en',
    choices: 'tallas?|numeros?|colores?',
    price: 'cuanto (?:cuesta|cuestan|vale|valen|es|sale)|cuestan?|precios?|que precio',
    details: 'que es|describ\\w+|detalles?|informacion|caracteristicas',
    seek: 'teneis|tienen|tiene (?:usted|algun|algo)|vendeis|venden|muestr\\w+|ensen\\w+|busco|buscando|necesito|quiero|quisiera|hay|algo|algun[oa]?s?|que|cuales?',
    cheapest: '(?:el|la|los|las|lo) (?:\\w+ )?mas (?:barat\\w+|economic\\w+)|mas barat[oa]s?(?! que)|precio mas bajo',
    dearest: '(?:el|la|los|las|lo) (?:\\w+ )?mas car\\w+|mas car[oa]s?(?! que)|precio mas alto',
    cheaper: 'mas barat\\w+|mas economic\\w+|menos car\\w+',
    similar: 'parecid\\w+|similares?|alternativas?|otra cosa|se parece\\w*',
    recommend: 'recom(?:iend|end)\\w*|aconsej\\w*|sugier\\w*|mejor(?:es)?|buen[oa]?',
    gift: 'regal\\w+|cumpleanos|navidad',
    availableOnly: 'en stock|disponibles?|ahora mismo|hoy',
    brands: '(?:que|cuales|las)\\b.*\\bmarcas|marcas',
    categories: 'que (?:vendeis|venden|ofrecen|ofreceis|hay en la tienda)|categorias|surtido',
    pointer:
      'lo (?:hay|tienen|teneis|venden)|la (?:hay|tienen|teneis)|(?:es|son|tiene|viene|cuanto cuesta|cuanto vale|cuanto pesa|esta|pesa|lleva)(?=\\s*(?:$|[?!]|impermeable|resistente|lavable|disponible|apt|de que|en\\b|con\\b|de\\b))',
    demonstrative: 'este|esto|ese|eso|estos|estas|esta|esa',
    numbers: 'dos tres cuatro cinco seis siete ocho nueve diez',
    counted: 'articulos?|productos?|cosas|regalos|ideas?',
    further: {
      joins: 'y e pero tambien',
      opens:
        'cuanto|cuantos|cuando|donde|tienen?|hay|es|son|esta|estan|puedo|pueden|envian|hacen envios|cual es|que (?:precio|talla|color|material)|de que',
    },
    affirms: 'sí|no|claro',
    question: '(?:y |pero )?(?:es|son|tiene|esta|puede|cuanto|como|de que|que|viene|lleva|pesa)',
    quality: '(?:viene|hay|disponible|(?:lo|la) (?:hay|tienen|teneis)|tambien|existe) en (?:color )?([a-z]{3,20})',
    oneself: 'para (?:mi|nosotros|nosotras)',
    recipient: 'para mi ([a-z]+)',
    ordinals: ['primer[oa]?', 'segund[oa]', 'tercer[oa]?', 'cuart[oa]'],
    topic:
      'devolverl[oa]s?|cambiarl[oa]s?|a que hora|cierran|envuelv\\w*|paquete(?: de)? regalo|gastos de envio|acept\\w*|envi(?:o|os|an|ais|ar|a)|enviais|entreg\\w+|mand(?:an|ais)|devol\\w+|devuelv\\w+|reembols\\w*|cambi(?:o|ar|os)|garantia|repar\\w+|pag(?:ar|o|os|an)|factura|plazos|horarios?|abiert[oa]s?|abren|abris|codigo (?:de )?(?:descuento|promocional)|descuentos?|estudiantes?|newsletter|boletin|pedido|seguimiento|cancelar|recoger|recogida|telefono de|contact\\w*|atencion al cliente|hablar con|aduanas?|reservar|envolver|igual(?:an|ais|ar) (?:el )?precios?|empleo',
    wholeShop: 'tienda|vend\\w*',
    which: 'cual(?:es)?|que',
    degree: '(?:mas|menos) (?!barat|car[oa]|economic|de\\b|que\\b)[a-z]{3,}|mejor(?:es)?|mayor|menor',
    age: '(\\d{1,2}) anos',
    separator: 'y|con|o|entre|que|contra',
    sizeWords: 'tallas?|numeros?|del',
    sizeIn: 'en(?: la)?|del',
    prices: {
      between: ['entre|de', 'y|a'],
      atMost:
        'no mas car[oa]s? (?:que|de)|menos de|por debajo de|debajo de|bajo|hasta|maximo(?: de)?|max\\.?|como mucho|no mas de|inferior(?:es)? a|presupuesto (?:de|es)|por menos de',
      atLeast: 'mas de|al menos|por lo menos|desde|a partir de|por encima de|superior(?:es)? a|minimo(?: de)?',
      around: 'alrededor de|aproximadamente|unos|sobre|cerca de',
      orLess: 'o menos|como maximo|maximo|como mucho',
      orMore: 'o mas|como minimo|minimo|en adelante',
    },
    negators:
      'nada, no, no de, no en, sin, excepto, salvo, menos, que no sea, que no sean, ni, ningun, ninguna, que no lleve, en lugar de, en vez de, pero no',
    joins: 'o y ni u',
  }),
};

/** What a row can say of a product. */
export type Column =
  | 'id'
  | 'title'
  | 'brand'
  | 'description'
  | 'url'
  | 'imageUrl'
  | 'price'
  | 'highestPrice'
  | 'salePrice'
  | 'salePeriod'
  | 'saleFrom'
  | 'saleTo'
  | 'priceNote'
  | 'currency'
  | 'status'
  | 'isPublished'
  | 'expires'
  | 'availability'
  | 'quantity'
  | 'isCounted'
  | 'isBackordered'
  | 'category'
  | 'attributes'
  | 'location'
  | 'flags'
  | 'variants'
  | 'options'
  | 'group'
  | 'isParent'
  | 'children';

/**
 * The names that shops' exports have for a column, the most telling first; case, accents, spaces and signs do not count. Sources:
 * schema.org, Google's product data specification, the exports of Shopify, WooCommerce, Magento, BigCommerce, PrestaShop, Facebook,
 * Criteo, idealo, Heureka and Yandex, the sample catalogues, and dictionaries; our choice otherwise. In each: what systems call it in
 * English, then German, French, Spanish, Italian, Dutch.
 */
export const columnNames: Readonly<Record<Column, string>> = {
  id: `id item_id product_id sku variant_sku product_code/sku article_number item_number product_code product_number g_id
    artikelnummer artikelnr artikel_nr art_nr artnr bestellnummer produktnummer identifiant reference ref id_produit code_article
    numero_article identificador id_producto codigo referencia codigo_producto identificativo id_prodotto codice_articolo codice
    codice_prodotto riferimento productnummer artikelcode productcode gtin ean ean13 eans barcode isbn handle url_handle mpn asin`,
  title: `title name designation product_name product_title item_name productname
    bezeichnung titel artikelname artikelbezeichnung produktname produktbezeichnung titre nom nom_produit nom_du_produit designation
    libelle intitule titulo nombre nombre_producto nombre_del_producto titolo nome nome_prodotto nome_articolo denominazione
    naam productnaam artikelnaam product model`,
  brand: `brand brand_name vendor manufacturer manufacturer_name product_brand
    marke hersteller markenname herstellername marque fabricant nom_marque marca fabricante nombre_marca marchio produttore
    merk merknaam fabrikant producent`,
  description: `description product_description body_html body long_description description_html content product_bullet_point
    short_description summary beschreibung artikelbeschreibung produktbeschreibung langbeschreibung langtext kurzbeschreibung kurztext
    description_longue descriptif description_produit description_courte resume descripcion descripcion_larga descripcion_producto
    descripcion_corta descrizione descrizione_lunga descrizione_prodotto descrizione_breve omschrijving beschrijving productomschrijving
    korte_omschrijving`,
  url: `url link uri product_url product_link permalink canonical_url deeplink deep_link href online_store_url offer_url
    produktlink produkturl artikellink artikelurl lien lien_produit url_produit adresse_web enlace url_producto enlace_producto
    url_prodotto link_prodotto productlink productpagina`,
  imageUrl: `imageUrl image image_link image_url image_src main_image image_urls image_urls_x_y_z product_image_url
    product_image_file_1 base_image variant_image featured_image bigimage imgurl img_url image_1 images picture picture_url pictures
    photo photo_url thumbnail thumbnail_url smallimage bild bilder bildurl bildlink produktbild hauptbild bild_1 image_principale
    lien_image url_image images_produit imagen imagenes imagen_url url_imagen enlace_imagen foto immagine immagini url_immagine
    link_immagine afbeelding afbeeldingen afbeelding_url afbeeldinglink`,
  price: `price variant_price current_price price_vat price_incl_tax price_incl_vat price_tax_included price_with_tax price_gross
    gross_price selling_price low_price lowest_price min_price regular_price list_price base_price unit_price
    preis verkaufspreis bruttopreis preis_brutto vk_preis vk vk_brutto endpreis einzelpreis prix prix_ttc prix_de_vente prix_vente
    prix_de_vente_ttc prix_unitaire precio precio_venta precio_de_venta precio_con_iva pvp precio_final prezzo prezzo_vendita
    prezzo_di_vendita prezzo_ivato prezzo_con_iva prijs verkoopprijs prijs_incl_btw prijs_inclusief_btw`,
  highestPrice: 'high_price highest_price max_price',
  salePrice: `sale_price special_price variant_sale_price discount_price discounted_price offer_price promo_price promotional_price
    promotion_price reduced_price reduced_price_with_tax angebotspreis sonderpreis aktionspreis reduzierter_preis prix_promo
    prix_promotionnel prix_promotion prix_solde prix_reduit prix_remise precio_oferta precio_de_oferta precio_rebajado
    precio_promocion precio_especial prezzo_scontato prezzo_offerta prezzo_promozionale prezzo_speciale aanbiedingsprijs actieprijs
    kortingsprijs`,
  salePeriod: 'sale_price_effective_date sale_price_dates sale_price_effective_period',
  saleFrom: `sale_price_start_date sale_start_date sale_from date_sale_price_starts date_on_sale_from special_price_from_date
    special_from_date special_price_from discount_from discount_from_yyyy_mm_dd angebot_von aktion_von`,
  saleTo: `sale_price_end_date sale_end_date sale_to date_sale_price_ends date_on_sale_to special_price_to_date special_to_date
    special_price_to discount_to discount_to_yyyy_mm_dd angebot_bis aktion_bis`,
  priceNote: 'priceNote price_info',
  currency:
    'currency price_currency currency_code currency_id price_currency_code waehrung devise moneda divisa valuta munteenheid munt',
  status: 'status product_status publication_status',
  isPublished: `published is_published published_on_online_store product_visible is_visible visible visibility active active_0_1 is_active enabled
    product_online allow_purchases aktiv veroeffentlicht actif publie activo publicado attivo pubblicato actief gepubliceerd`,
  expires:
    'expiration_date expires expires_at expiry_date sale_end ablaufdatum date_expiration fecha_caducidad data_scadenza vervaldatum',
  availability: `availability availability_status stock_status stock_availability is_in_stock instock in_stock available
    available_for_sale available_for_order availability_text product_availability verfuegbarkeit lieferbar lieferstatus lagerstatus
    auf_lager disponibilite etat_stock en_stock disponible disponibilidad estado_stock existencia disponibilita disponibile
    stato_magazzino beschikbaarheid beschikbaar voorraadstatus op_voorraad leverbaar`,
  quantity: `quantity stock inventory qty inventory_quantity stock_quantity variant_inventory_qty variant_inventory_quantity
    quantity_available available_quantity stock_level current_stock_level current_stock inventory_level quantity_in_stock stock_qty
    stock_count on_hand quantity_to_sell_on_facebook sell_on_google_quantity total_inventory inventory_quantity_available
    bestand lagerbestand menge verfuegbare_menge lagermenge anzahl quantite quantite_en_stock quantite_disponible stock_disponible
    cantidad existencias unidades cantidad_disponible quantita giacenza scorte quantita_disponibile voorraad aantal voorraadaantal
    voorraad_aantal`,
  isCounted: 'manage_stock track_inventory inventory_tracked tracks_inventory track_quantity',
  isBackordered: 'backorders_allowed backorders allow_backorders allow_backorder continue_selling_when_out_of_stock',
  category: `category category_path product_type category_text categories categories_x_y_z category_name product_category type google_product_category
    kategorie kategorien kategoriepfad warengruppe artikelgruppe produktkategorie produkttyp categorie rubrique famille categoria
    tipo_producto familia categoria_prodotto tipo_prodotto productcategorie productgroep producttype`,
  attributes:
    'attributes properties specs specifications additional_property product_detail custom_attributes param features',
  location: 'location',
  flags: 'flags',
  variants: 'variants variations has_variant',
  options: 'options selected_options',
  group: `item_group_id itemgroup_id group_id product_group_id in_product_group_with_id variation_group parent_sku parent_id parent`,
  isParent: 'isParent',
  children: 'children',
};

/** Columns that are shown as attributes. What is in neither table may be the shop's own affair, and is left out. */
export const attributeNames = `color colour size size_type size_system material gender age_group pattern flavour flavor scent style
  gtin ean sku mpn barcode weight condition tags rating energy_efficiency_class occasion for product_highlight availability_date
  delivery_date delivery_time lead_time shipping_time unit_pricing_measure
  farbe groesse geschlecht muster zustand gewicht lieferzeit couleur taille matiere materiau sexe motif poids etat delai_livraison
  talla material genero sexo peso estado plazo_entrega colore taglia materiale genere peso_netto condizione
  kleur maat materiaal geslacht gewicht patroon staat levertijd`;

/** Attributes by which the variants of one product differ, where a feed has a row for each. */
export const optionNames = `color colour size material pattern flavour flavor scent style farbe groesse muster couleur taille matiere
  motif talla colore taglia materiale kleur maat materiaal patroon gender age_group size_type`;

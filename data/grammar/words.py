"""The words: tables to read and to extend."""

NOUNS = {  # kind: English, French, gender
    "adult": """man homme m, woman femme f, teacher professeur m, doctor médecin m,
        nurse infirmière f, chef chef m, singer chanteuse f, baker boulanger m, farmer fermier m,
        king roi m, queen reine f""",
    "child": "boy garçon m, girl fille f, child enfant m, student étudiant m",
    "family": """friend ami m, cousin cousine f, sister sœur f, brother frère m,
        uncle oncle m, aunt tante f, neighbor voisin m""",
    "animal": """cat chat m, dog chien m, horse cheval m, bird oiseau m, mouse souris f,
        cow vache f, rabbit lapin m, hedgehog hérisson m, turtle tortue f""",
    "clothes": "hat chapeau m, shirt chemise f, dress robe f, coat manteau m, shoe chaussure f",
    "text": "book livre m, letter lettre f, newspaper journal m",
    "dish": "cup tasse f, plate assiette f, bottle bouteille f, box boîte f, bag sac m",
    "thing": """car voiture f, bicycle vélo m, boat bateau m, table table f, chair chaise f,
        lamp lampe f, key clé f, knife couteau m, umbrella parapluie m, picture image f""",
    "opening": "door porte f, window fenêtre f",
    "outdoors": "house maison f, tree arbre m, flower fleur f",
    "fruit": "apple pomme f, orange orange f, pear poire f, egg œuf m, cake gâteau m",
    "meal": "bread pain m, cheese fromage m, meat viande f, soup soupe f, rice riz m",
    "drink": "water eau f, milk lait m, coffee café m, tea thé m",
    "place": """garden jardin m, school école f, market marché m, park parc m, church église f,
        village village m, city ville f, station gare f, library bibliothèque f, hotel hôtel m,
        museum musée m, hospital hôpital m""",
}
ENGLISH_PLURALS = {
    "man": "men", "woman": "women", "child": "children", "mouse": "mice", "knife": "knives",
    "box": "boxes", "dress": "dresses", "city": "cities", "library": "libraries",
    "church": "churches",
}  # fmt: skip
MASS = ("meal", "drink")
ASPIRATED = ("hérisson",)  # an h that forbids l'

BEFORE = """big grand grande, small petit petite, beautiful beau belle, old vieux vieille,
    new nouveau nouvelle, young jeune jeune, good bon bonne, long long longue,
    kind gentil gentille"""
AFTER = """black noir noire, white blanc blanche, red rouge rouge, green vert verte,
    blue bleu bleue, yellow jaune jaune, grey gris grise, heavy lourd lourde,
    expensive cher chère, clean propre propre, dirty sale sale, empty vide vide,
    broken cassé cassée, strange étrange étrange, cold froid froide, hot chaud chaude,
    quiet calme calme, tired fatigué fatiguée, happy heureux heureuse,
    sad triste triste, sick malade malade, strong fort forte, rich riche riche,
    famous célèbre célèbre, serious sérieux sérieuse"""
BEFORE_A_VOWEL = {"beau": "bel", "vieux": "vieil", "nouveau": "nouvel"}
ONLY_WITH_NOUN = ("new",)  # "la voiture est nouvelle" is not how one says it

PERSON = "young tired happy sad sick strong rich famous kind serious"
COLOURS = "black white red green blue yellow grey"
CLASHES = [  # of these only one is said of a thing
    COLOURS,
    "old young new",
    "big small",
    "hot cold",
    "happy sad",
    "clean dirty",
]
SUITS = {  # which adjectives go with which kind of noun
    "adult": "old " + PERSON,
    "child": "small " + PERSON,
    "family": "old " + PERSON,
    "animal": "big small beautiful old young black white grey tired happy sick strong",
    "clothes": f"beautiful old new expensive clean dirty {COLOURS}",
    "text": "old new long strange",
    "dish": f"big small old new empty clean dirty heavy {COLOURS}",
    "thing": f"big small beautiful old new expensive heavy broken {COLOURS}",
    "opening": f"big small old new clean dirty {COLOURS}",
    "outdoors": f"big small beautiful old {COLOURS}",
    "fruit": "big small good cold expensive",
    "meal": "good cold hot expensive",
    "drink": "good cold hot expensive",
    "place": "big small beautiful old new clean dirty quiet strange",
}

PEOPLE = ("adult", "child", "family")
VERBS = """
    eat ate manger mangé: fruit meal
    watch watched regarder regardé: people animal outdoors
    look-for looked-for chercher cherché: people animal text dish thing place
    listen-to listened-to écouter écouté: people
    find found trouver trouvé: people animal clothes text dish thing place
    wear wore porter porté: clothes
    buy bought acheter acheté: clothes text dish thing fruit meal drink
    draw drew dessiner dessiné: people animal outdoors thing
    wash washed laver lavé: clothes dish animal
    close closed fermer fermé: opening
    open opened ouvrir ouvert: opening
    help helped aider aidé: people animal
    invite invited inviter invité: people
    hide hid cacher caché: animal text dish thing
    bring brought apporter apporté: text dish thing fruit meal drink
    forget forgot oublier oublié: people clothes text thing
    love - aimer -: people animal clothes place
    see saw voir vu: people animal clothes text dish thing outdoors place
    know - connaître -: people place
    read - lire -: text
    write wrote écrire écrit: text
    drink drank boire bu: drink
    sell sold vendre vendu: clothes text dish thing animal fruit
    take took prendre pris: clothes text dish thing fruit
    wait-for waited-for attendre attendu: people
    want - vouloir -: animal clothes text thing fruit
"""  # English (- for no past: "read" would be ambiguous), French infinitive and participle
IRREGULAR = {  # je, tu, il, nous, ils
    "être": "suis es est sommes sont",
    "était": "étais étais était étions étaient",
    "avoir": "ai as a avons ont",
    "aller": "vais vas va allons vont",
    "pouvoir": "peux peux peut pouvons peuvent",
    "vouloir": "veux veux veut voulons veulent",
    "devoir": "dois dois doit devons doivent",
    "acheter": "achète achètes achète achetons achètent",
    "manger": "mange manges mange mangeons mangent",
    "ouvrir": "ouvre ouvres ouvre ouvrons ouvrent",
    "voir": "vois vois voit voyons voient",
    "connaître": "connais connais connaît connaissons connaissent",
    "lire": "lis lis lit lisons lisent",
    "écrire": "écris écris écrit écrivons écrivent",
    "boire": "bois bois boit buvons boivent",
    "vendre": "vends vends vend vendons vendent",
    "prendre": "prends prends prend prenons prennent",
    "attendre": "attends attends attend attendons attendent",
}
CLITIC_VERBS = "watch look-for listen-to find draw help invite see know wait-for love".split()
TENSES = "present present present past past going can must want".split()
OBJECTS = {"me": "me", "you": "te", "him": "le", "her": "la", "us": "nous", "them": "les"}
POSSESSIVES = {  # masculine, feminine, plural
    "my": "mon ma mes", "your": "ton ta tes", "his": "son sa ses", "her": "son sa ses",
    "our": "notre notre nos", "their": "leur leur leurs",
}  # fmt: skip
ONE = [("a", "un", "une")] * 3 + [("this", "ce", "cette")]
SEVERAL = [("some", "des", "des"), ("two", "deux", "deux"), ("three", "trois", "trois")]
PROFESSIONS = """student étudiant étudiante, teacher professeur professeure,
    singer chanteur chanteuse, baker boulanger boulangère, farmer fermier fermière,
    nurse infirmier infirmière, doctor médecin médecin"""
FEELINGS = {"hungry": "faim", "thirsty": "soif", "afraid": "peur"}  # French has them: elle a faim
WHERE = {  # nouns that anyone can be in, under …
    "in dans": "garden school park church village city station library hotel museum house car",
    "under sous": "tree",
    "behind derrière": "house church tree car door school",
    "near près de": "garden school market park church station hotel museum house tree window",
}
WHERE_THINGS_ARE = {
    "in dans": "box bag house car garden", "on sur": "table chair box",
    "under sous": "table chair tree", "behind derrière": "box lamp door tree",
    "near près de": "door window table lamp",
}  # fmt: skip
STATIVE = ("love", "know", "want")  # in the present only
WHEN = {  # tense: English, French
    "present": "every-day tous-les-jours",
    "past": "yesterday hier, this-morning ce-matin",
    "going": "tomorrow demain, this-evening ce-soir",
}
LINKS = {"and": "et", "but": "mais", "because": "parce que"}
